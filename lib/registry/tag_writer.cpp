#include "registry/tag_writer.h"

#include <algorithm>
#include <thread>
#include <utility>

#include "base/encoding.h"
#include "base/limits.h"
#include "crypto/hash.h"
#include "oci/manifest.h"
#include "registry/registry_error.h"
#include "registry/tag_watch.h"

namespace hallmark::registry {
namespace {

using std::chrono::milliseconds;

constexpr std::size_t kMostFailures = limits::retries + 1;
constexpr milliseconds kLongestSettle(3'000);
constexpr int kTripsToSettle = 8;  // how much longer than its own read-modify-write a writer watches
// No registry gives this ETag. One that answers 412 to it honours If-Match; one that does not has written what was to
// be written anyway.
constexpr std::string_view kNoETag = "\"hallmark-probe\"";

// Uniform in [least, 2 · least]: two writers that collided do not collide again in step.
milliseconds spread(milliseconds least) {
  const Bytes chance = crypto::random_bytes(2);
  const auto fraction = static_cast<milliseconds::rep>(chance[0] | chance[1] << 8);
  return least + milliseconds(least.count() * fraction / 65'536);
}

}  // namespace

std::string TagWriter::doing() const { return "writing " + store_.repository_.text() + ":" + tag_; }

// Sleeps for a random time of at least this, unless the operation ends before.
Result<void> TagWriter::rest(milliseconds least) {
  const auto time = spread(least);
  if (store_.parts_.clock.steady() + time < store_.deadline_) {
    std::this_thread::sleep_for(time);
    return {};
  }
  if (last_failure_) return fail(last_failure_->within(doing()));
  return fail(Error(Outcome::unreachable, doing() + ": the tag did not come to rest in time: others keep replacing it, "
                                                    "and what was written may not be there")
                  .with_hint("run it again, with a longer --timeout where many sign the same image at once"));
}

// Writers on one machine take turns. Where the folder cannot be made or written (a read-only home, one that sudo made)
// they are like writers on several machines, which is slower and just as safe.
Result<std::optional<base::FileLock>> TagWriter::lock() const {
  const auto& folder = store_.parts_.options.lock_dir;
  if (folder.empty()) return std::nullopt;
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (error) return std::nullopt;
  const Digest name = Digest::of(as_bytes(store_.repository_.text() + ":" + tag_));
  const auto left = std::chrono::duration_cast<milliseconds>(store_.deadline_ - store_.parts_.clock.steady());
  auto held = base::FileLock::acquire(folder / (name.hex().substr(0, 32) + ".lock"), std::max(left, milliseconds(1)));
  if (!held && held.error().kind() == Outcome::usage) return std::nullopt;  // not one that another holds for too long
  if (!held) return fail(held.error().within(doing()));
  return *std::move(held);
}

// docker-registry answers 500 while another request rewrites the tag. That, and a tag that is gone although it was
// there a moment ago, is looked at again before it is believed.
Result<void> TagWriter::read() {
  milliseconds pause = store_.parts_.tuning.pause;
  for (std::size_t tries = 1;; ++tries) {
    const auto done = read_once();
    const bool vanished = done && seen_ && !current_;
    const bool passing = !done && done.error().kind() == Outcome::unreachable;
    if ((!vanished && !passing) || tries == kMostFailures) {
      seen_ = seen_ || current_;
      return done;
    }
    const auto before = std::exchange(last_failure_, done ? last_failure_ : std::optional(done.error()));
    HM_DO(rest(pause));
    last_failure_ = before;
    pause *= 2;
  }
}

Result<void> TagWriter::read_once() {
  read_at_ = store_.parts_.clock.steady();
  current_.reset();
  etag_.clear();
  HM_TRY(auto fetched, fetch());
  if (!fetched) return {};
  etag_ = std::move(fetched->etag);
  current_ = std::move(fetched->content);
  return {};
}

// What the tag holds; nothing where there is no such tag.
Result<std::optional<RegistryStore::Fetched>> TagWriter::fetch() const {
  auto fetched = store_.fetch_manifest(endpoint_, tag_);
  if (!fetched && fetched.error().kind() == Outcome::not_found) return std::nullopt;
  if (!fetched) return fail(fetched.error());
  auto type = oci::media_type_of(fetched->content.bytes, fetched->content.descriptor.media_type);
  if (!type) return fail(type.error().within("reading " + store_.repository_.text() + ":" + tag_));
  fetched->content.descriptor.media_type = *std::move(type);
  return *std::move(fetched);
}

Result<std::optional<TagEdit>> TagWriter::wanted() const { return editor_(current_); }

RegistryStore::Conditions TagWriter::conditions(bool probing) const {
  RegistryStore::Conditions out;
  out.may_retry = false;  // a write sent again would be of what was read before the first try
  if (conditions_useless_) return out;
  if (!current_)
    out.if_absent = true;
  else if (!etag_.starts_with("W/"))
    out.if_match = probing ? std::string(kNoETag) : etag_;
  return out;
}

Result<TagWriter::Step> TagWriter::failed(const Error& error) {
  last_failure_ = error;
  const bool passing = error.kind() == Outcome::unreachable || error.kind() == Outcome::throttled;
  if (!passing || ++failures_ == kMostFailures) return fail(error.within(doing()));
  return Step::lost;
}

Result<TagWriter::Step> TagWriter::judge(const RegistryStore::Answer& answer, const TagEdit& edit, bool probing) {
  const int status = answer.response.status;
  if (status == 412) {
    if (etag_ == refused_etag_ && !etag_.empty()) conditions_useless_ = true;
    refused_etag_ = etag_;
    return Step::lost;
  }
  // docker-registry says DIGEST_INVALID of bytes that another request is just writing, too.
  const bool collided = status == 409 || (status == 400 && error_code(answer.response) == "DIGEST_INVALID");
  if (collided || outcome_of(status) == Outcome::throttled || status >= 500) {
    last_failure_ = store_.refused(endpoint_, answer, doing());
    if (status == 409) last_failure_ = last_failure_->with_hint("immutable tags need --signature-repository");
    if (++failures_ == kMostFailures) return fail(*last_failure_);
    return Step::lost;
  }
  auto written = store_.published(endpoint_, answer, edit.media_type, edit.bytes, doing());
  if (!written) return fail(written.error());
  if (probing) store_.parts_.note_conditions(endpoint_.origin, false);
  failures_ = 0;
  last_failure_.reset();
  return Step::written;
}

// While the write is on its way the tag is looked at: held up for long enough, it buries what others wrote and have
// watched long enough. The editor is shown what was there, and has it back in the next edit.
Result<RegistryStore::Answer> TagWriter::send(const TagEdit& edit, bool probing) const {
  TagWatch watch(store_.parts_.tuning.settle, [this]() -> Result<std::optional<Content>> {
    HM_TRY(auto fetched, fetch());
    if (!fetched) return std::nullopt;
    return std::move(fetched->content);
  });
  auto answer = store_.send_manifest(endpoint_, tag_, edit.media_type, edit.bytes, conditions(probing));
  for (const Content& content : watch.stop()) (void)editor_(content);
  return answer;
}

Result<TagWriter::Step> TagWriter::write(const TagEdit& edit) {
  const bool can_match = current_ && !etag_.empty() && !etag_.starts_with("W/") && !conditions_useless_;
  bool probing = can_match && !store_.parts_.conditions_of(endpoint_.origin);
  auto answer = send(edit, probing);
  if (probing && answer && answer->response.status == 412) {
    store_.parts_.note_conditions(endpoint_.origin, true);
    probing = false;
    answer = send(edit, probing);
  }
  conditional_ = can_match && store_.parts_.conditions_of(endpoint_.origin).value_or(false);
  if (!answer) return failed(answer.error());
  return judge(*answer, edit, probing);
}

// How old what was read may be when it is edited: our own pace, but never half of the time that the quickest of others
// watch (twice the settle time).
milliseconds TagWriter::freshness() const { return std::min(settle_ / 4, store_.parts_.tuning.settle); }

// What the tag shall hold, made from what it held a moment ago: an editor that takes its time (it may upload a blob)
// must not undo what was written meanwhile.
Result<std::optional<TagEdit>> TagWriter::fresh_edit() {
  HM_DO(read());
  while (true) {
    HM_TRY(auto edit, wanted());
    if (!edit || store_.parts_.clock.steady() - read_at_ < freshness()) return edit;
    const auto before = current_;
    HM_DO(read());
    const bool unchanged = before.has_value() == current_.has_value() &&
                           (!before || before->descriptor.digest == current_->descriptor.digest);
    if (unchanged) return edit;
    if (store_.parts_.clock.steady() > store_.deadline_) HM_DO(rest(settle_));
  }
}

// One turn: read, edit, write, with as little as possible in between.
Result<TagWriter::Step> TagWriter::merge() {
  HM_TRY(const auto held, lock());
  HM_TRY(const auto edit, fresh_edit());
  if (!edit) return Step::held;
  if (edit->bytes.size() > limits::manifest_bytes)
    return fail(Outcome::malformed, doing() + ": it would have more than 4 MiB");
  HM_TRY(const Step step, write(*edit));
  const auto trip = std::chrono::duration_cast<milliseconds>(store_.parts_.clock.steady() - read_at_);
  settle_ = std::max(settle_, std::min(trip * kTripsToSettle, kLongestSettle));
  return step;
}

// Whether the edit is still there after a while.
Result<bool> TagWriter::stays() {
  HM_DO(rest(settle_));
  HM_DO(read());
  HM_TRY(const auto edit, wanted());
  return !edit;
}

Result<Descriptor> TagWriter::run() {
  bool wrote = false;
  milliseconds pause = store_.parts_.tuning.pause;
  while (true) {
    HM_TRY(const Step step, merge());
    if (step == Step::held && !wrote) return current_->descriptor;
    if (step == Step::lost) {
      HM_DO(rest(pause));
      pause = std::min(pause * 2, kLongestSettle);
      continue;
    }
    wrote = true;
    if (step == Step::written && conditional_) {
      HM_DO(read());  // nobody can have overwritten what they had not read
      HM_TRY(const auto missing, wanted());
      if (!missing) return current_->descriptor;
      continue;
    }
    HM_TRY(const bool once, stays());
    if (once) {
      HM_TRY(const bool twice, stays());
      if (twice) return current_->descriptor;
    }
    settle_ = std::min(settle_ * 3 / 2, kLongestSettle);  // a crowd: more room for everybody
  }
}

Result<Descriptor> RegistryStore::edit_tag(std::string_view tag, const TagEditor& editor) {
  if (!is_tag(tag)) return fail(Outcome::usage, "\"" + base::printable(tag) + "\" is not a tag");
  HM_TRY(const Endpoint* endpoint, write_endpoint());
  return TagWriter(*this, *endpoint, tag, editor).run();
}

}  // namespace hallmark::registry
