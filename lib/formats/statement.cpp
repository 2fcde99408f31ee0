#include "formats/statement.h"
