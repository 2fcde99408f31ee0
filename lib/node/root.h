// Root: where a node's file system begins, so that an unpacked image or a prepared folder can be read like a machine.
#pragma once

#include <filesystem>

namespace hallmark::node {

struct Root {
  std::filesystem::path path = "/";

  // Where an absolute path of the node is on this machine. Links inside are followed as this machine sees them.
  [[nodiscard]] std::filesystem::path at(const std::filesystem::path& on_node) const {
    return path == "/" ? on_node : path / on_node.relative_path();
  }
};

}  // namespace hallmark::node
