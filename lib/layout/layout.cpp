#include "hallmark/layout.h"

#include "base/encoding.h"
#include "base/try.h"
#include "layout/folder.h"
#include "layout/store_on.h"

namespace hallmark {
namespace {

class DirectoryStore final : public layout::StoreOn<LayoutStore> {
 public:
  DirectoryStore(std::string name, std::unique_ptr<layout::Folder> folder, OpenMode mode)
      : StoreOn(std::move(name), *folder, mode == OpenMode::write ? folder.get() : nullptr),
        folder_(std::move(folder)) {}

 private:
  std::unique_ptr<layout::Folder> folder_;
};

}  // namespace

Result<std::unique_ptr<LayoutStore>> open_layout(const std::filesystem::path& directory, OpenMode mode) {
  HM_TRY(std::unique_ptr<layout::Folder> folder, layout::Folder::open(directory, mode));
  return std::make_unique<DirectoryStore>("oci:" + base::printable(directory.native(), 400), std::move(folder), mode);
}

}  // namespace hallmark
