// What a process does to itself before it holds a secret.
#pragma once

namespace hallmark::base {

// No core dump and no reading of this process's memory by others of the same user (ptrace, /proc/PID/mem):
// PR_SET_DUMPABLE 0 and RLIMIT_CORE 0. Best effort, cannot be undone by accident: call it before the first secret.
void forbid_core_dumps() noexcept;

}  // namespace hallmark::base
