#include "hallmark/verdict.h"
