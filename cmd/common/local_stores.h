// LocalStores: layouts and archives that are open for reading: one for all images of a run that lie in it.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "cmd/common/image_name.h"
#include "hallmark/layout.h"
#include "layout/version.h"

namespace hallmark::cmd {

class LocalStores {
 public:
  // Thread-safe. An operation begins: its timeout runs from here. What was replaced since it was opened is opened anew.
  [[nodiscard]] Result<std::shared_ptr<LayoutStore>> open(const ImageName& name, const LayoutOptions& options);
  // The last one is kept open until the next, or until this.
  void release();

 private:
  struct Place {
    std::mutex opening;  // guards what follows
    std::weak_ptr<LayoutStore> store;
    layout::Version version;  // of the file or folder
  };
  [[nodiscard]] std::shared_ptr<Place> place_of(const ImageName& name);

  std::mutex mutex_;  // guards what follows
  std::map<std::string, std::shared_ptr<Place>> places_;
  std::shared_ptr<LayoutStore> last_;
};

}  // namespace hallmark::cmd
