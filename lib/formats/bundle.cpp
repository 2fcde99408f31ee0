#include "formats/bundle.h"
