// The writable memory of another process, to look for what should not be there.
#pragma once

#include <fcntl.h>
#include <unistd.h>

#include <fstream>
#include <sstream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace hallmark::test {

struct Mapping {
  std::string name;  // "[heap]", "[stack]", a file, or empty
  std::string bytes;
};

// Needs to be the process's parent or root, and the process dumpable.
inline std::vector<Mapping> writable_memory(int pid) {
  const auto folder = "/proc/" + std::to_string(pid);
  std::ifstream maps(folder + "/maps");
  const int memory = ::open((folder + "/mem").c_str(), O_RDONLY | O_CLOEXEC);
  if (!maps || memory < 0) throw std::runtime_error("cannot read the memory of the process");
  std::vector<Mapping> found;
  for (std::string line; std::getline(maps, line);) {
    unsigned long from = 0;
    unsigned long to = 0;
    char dash = 0;
    std::string rights, offset, device, inode, name;
    std::istringstream fields(line);
    fields >> std::hex >> from >> dash >> to >> rights >> offset >> device >> inode >> name;
    if (rights.size() < 2 || rights[0] != 'r' || rights[1] != 'w') continue;
    Mapping mapping{name, std::string(to - from, '\0')};
    const auto got = ::pread(memory, mapping.bytes.data(), mapping.bytes.size(), static_cast<off_t>(from));
    mapping.bytes.resize(got > 0 ? static_cast<std::size_t>(got) : 0);
    found.push_back(std::move(mapping));
  }
  ::close(memory);
  return found;
}

}  // namespace hallmark::test
