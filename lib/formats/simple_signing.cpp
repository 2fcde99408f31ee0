#include "formats/simple_signing.h"
