#include "hallmark/format.h"
