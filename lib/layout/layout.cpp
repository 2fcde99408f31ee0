#include "hallmark/layout.h"

#include "base/encoding.h"
#include "base/try.h"
#include "layout/folder.h"
#include "layout/store_on.h"

namespace hallmark {
namespace {

class DirectoryStore final : public layout::StoreOn<LayoutStore> {
 public:
  DirectoryStore(const std::string& name, std::unique_ptr<layout::Folder> folder, const layout::Opened& opened)
      : StoreOn(name, opened), folder_(std::move(folder)) {}

 private:
  std::unique_ptr<layout::Folder> folder_;
};

}  // namespace

Result<std::unique_ptr<LayoutStore>> open_layout(const std::filesystem::path& directory, OpenMode mode,
                                                 const LayoutOptions& options) {
  auto time = std::make_shared<layout::ReadingTime>(options);
  HM_TRY(std::unique_ptr<layout::Folder> folder, layout::Folder::open(directory, mode));
  const layout::Opened opened{*folder, mode == OpenMode::write ? folder.get() : nullptr, std::move(time)};
  return std::make_unique<DirectoryStore>("oci:" + base::printable(directory.native(), 400), std::move(folder), opened);
}

}  // namespace hallmark
