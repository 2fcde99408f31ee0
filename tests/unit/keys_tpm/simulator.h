// Simulator: a TPM of one test's own: swtpm on two ports of loopback, new and empty.
#pragma once

#include <sys/types.h>

#include <string>

#include "support/temporary_folder.h"

namespace hallmark::test {

class Simulator {
 public:
  // Whether swtpm is installed. Where everything is to be proven (CI=true) it must be.
  [[nodiscard]] static bool is_there();
  Simulator();
  ~Simulator();
  Simulator(const Simulator&) = delete;
  Simulator& operator=(const Simulator&) = delete;

  [[nodiscard]] std::string tcti() const { return "swtpm:host=127.0.0.1,port=" + std::to_string(port_); }
  // It ends, as if its power had failed.
  void stop();

 private:
  TemporaryFolder state_;
  int port_ = 0;
  ::pid_t process_ = -1;
};

}  // namespace hallmark::test
