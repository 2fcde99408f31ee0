#include "layout/referrer_lookup.h"

#include "base/try.h"

namespace hallmark::layout {

namespace {

// The next operation has its own time, and goes on where this one ended.
bool is_late(const Error& error) { return error.kind() == Outcome::unreachable; }

}  // namespace

bool ReferrerLookup::Group::is_whole() const { return !incomplete || !is_late(*incomplete); }

void ReferrerLookup::Group::take(const Result<std::shared_ptr<const Card>>& card) {
  if (!card) {
    if (!incomplete) incomplete = card.error();  // it may have been a signature
    return;
  }
  if (*card != nullptr && (*card)->subject) by_subject[*(*card)->subject].push_back(*card);
}

// What several groups say of one subject, each manifest once.
class ReferrerLookup::Collected {
 public:
  explicit Collected(const Digest& subject) : subject_(subject) {}
  void add(const Group& group) {
    if (group.incomplete) lacks(*group.incomplete);
    const auto found = group.by_subject.find(subject_);
    if (found == group.by_subject.end()) return;
    for (const auto& card : found->second) {
      if (seen_.insert(card->descriptor.digest).second) referrers_.descriptors.push_back(card->descriptor);
    }
  }
  void lacks(const Error& error) {
    if (!referrers_.incomplete) referrers_.incomplete = error;
  }
  Referrers take() { return std::move(referrers_); }

 private:
  const Digest& subject_;
  Referrers referrers_;
  std::set<Digest> seen_;
};

Result<Referrers> ReferrerLookup::of(const Digest& subject, const std::shared_ptr<const Catalogue>& catalogue) {
  HM_TRY(const Descriptor* fallback, catalogue->find(subject.tag()));
  Collected collected(subject);
  const std::lock_guard lock(mutex_);
  collected.add(*listed_in(catalogue));
  if (fallback != nullptr) {
    const auto group = listed_under(*fallback);
    if (group) {
      collected.add(**group);
    } else {
      collected.lacks(group.error());
    }
  }
  if (catalogue->made_by_cosign()) {
    HM_TRY(const SharedGroup group, unlisted());
    collected.add(*group);
  }
  return collected.take();
}

ReferrerLookup::SharedGroup ReferrerLookup::listed_in(const std::shared_ptr<const Catalogue>& catalogue) {
  if (catalogue_ == catalogue) return listed_;
  auto group = std::make_shared<Group>();
  std::set<Digest> seen;
  for (const auto& entry : catalogue->entries()) {
    if (is_document(entry.media_type) && seen.insert(entry.digest).second) group->take(documents_.card(entry.digest));
  }
  if (!group->is_whole()) return group;
  catalogue_ = catalogue;
  return listed_ = std::move(group);
}

Result<ReferrerLookup::SharedGroup> ReferrerLookup::listed_under(const Descriptor& fallback) {
  const std::pair key{fallback.digest, fallback.media_type};
  const auto known = fallbacks_.find(key);
  if (known != fallbacks_.end()) return known->second;
  auto read = read_listing(fallback);
  if (read ? !(*read)->is_whole() : is_late(read.error())) return read;
  return fallbacks_.emplace(key, std::move(read)).first->second;
}

Result<ReferrerLookup::SharedGroup> ReferrerLookup::read_listing(const Descriptor& fallback) {
  HM_TRY(const std::vector<Descriptor> listed, documents_.listing(fallback));
  auto group = std::make_shared<Group>();
  std::set<Digest> seen;
  for (const auto& entry : listed) {
    if (seen.insert(entry.digest).second) group->take(documents_.card(entry.digest));
  }
  return group;
}

// `cosign save` leaves bundles and their manifests among the blobs.
Result<ReferrerLookup::SharedGroup> ReferrerLookup::unlisted() {
  if (unlisted_) return *unlisted_;
  auto read = read_unlisted();
  if (read ? !(*read)->is_whole() : is_late(read.error())) return read;
  return *(unlisted_ = std::move(read));
}

Result<ReferrerLookup::SharedGroup> ReferrerLookup::read_unlisted() {
  HM_TRY(const std::vector<Digest> all, place_.blobs());
  auto group = std::make_shared<Group>();
  for (const auto& digest : all) group->take(documents_.card_of_blob(digest));
  return group;
}

}  // namespace hallmark::layout
