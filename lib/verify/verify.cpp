#include "hallmark/verify.h"
