#include "cmd/common/json_report.h"
#include "cmd/hallmark/options.h"

namespace hallmark::cmd {

void add_version(Command& root, Context& context) {
  auto flags = std::make_shared<OutputFlags>();
  Command& command = root.add("version", "Print hallmark's version");
  add_output_flags(command, *flags);
  command.examples({"hallmark version", "hallmark version -o json"});
  command.action([&context, flags] {
    return run(context, *flags, "", [&]() -> Result<void> {
      if (!context.output.json()) {
        context.output.result("hallmark " HALLMARK_VERSION);
        return {};
      }
      base::Json json = done();
      json.set("version", HALLMARK_VERSION);
      json.set("compiler", __VERSION__);
      json.set("formats", base::Json(base::Json::Array{name(Format::bundle), name(Format::simple)}));
      context.output.result(json.dump());
      return {};
    });
  });
}

}  // namespace hallmark::cmd
