#include "hallmark/sign.h"
