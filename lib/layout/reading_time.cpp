#include "layout/reading_time.h"

namespace hallmark::layout {
namespace {

// "30 s", "500 ms"
std::string in_words(std::chrono::milliseconds time) {
  if (time % std::chrono::seconds(1) != std::chrono::milliseconds(0)) return std::to_string(time.count()) + " ms";
  return std::to_string(std::chrono::duration_cast<std::chrono::seconds>(time).count()) + " s";
}

}  // namespace

ReadingTime::ReadingTime(const LayoutOptions& options) : clock_(options.clock), whole_(options.timeout) { renew(); }

void ReadingTime::renew() {
  if (clock_ != nullptr) end_ = (clock_->steady() + whole_).time_since_epoch().count();
  missed_ = false;
}

std::unexpected<Error> ReadingTime::over(const std::string& what) const {
  return fail(Error(Outcome::unreachable, what + ": reading it takes longer than " + in_words(whole_))
                  .with_hint("give it longer with --timeout if it is just large"));
}

Result<void> ReadingTime::expect_left(const std::string& what) const {
  if (clock_ == nullptr || clock_->steady().time_since_epoch().count() < end_) return {};
  missed_ = true;
  return over(what);
}

Result<void> ReadingTime::expect_sufficed(const std::string& what) const {
  if (!missed_) return {};
  return over(what);
}

}  // namespace hallmark::layout
