// What tpm2-tss and the TPM answer in place of a result (TSS2_RC), in the words and causes of hallmark.
#pragma once

#include <string_view>

#include "hallmark/result.h"
#include "keys/tpm/tss.h"

namespace hallmark::keys {

// "<where>: <doing>: what is wrong (TPM_RC 0x18b)". Kind key, always with a cause.
[[nodiscard]] Error tss_error(std::string_view where, std::string_view doing, TSS2_RC code);

// The TPM could not do it just now, and says to come again (Part 2, section 6.6.3: RETRY, YIELDED, TESTING, NV_RATE).
[[nodiscard]] bool is_busy(TSS2_RC code);

}  // namespace hallmark::keys
