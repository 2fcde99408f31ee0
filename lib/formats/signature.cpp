#include "formats/signature.h"
