#include "formats/dsse.h"
