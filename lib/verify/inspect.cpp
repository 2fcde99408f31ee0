#include "hallmark/inspect.h"
