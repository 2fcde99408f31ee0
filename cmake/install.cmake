# The two libraries and what is installed. Object files of the rooms make up `hallmark`; those of keys make up `hallmark_keys`.
