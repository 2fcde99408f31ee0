// Owners of curl's handles. The only header of this room that knows curl's types beside the .cpp files.
#pragma once

#include <curl/curl.h>

#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

namespace hallmark::net {

template <auto release>
struct Freed {
  template <class T>
  void operator()(T* handle) const {
    release(handle);
  }
};

using EasyHandle = std::unique_ptr<CURL, Freed<curl_easy_cleanup>>;
using MultiHandle = std::unique_ptr<CURLM, Freed<curl_multi_cleanup>>;
using UrlHandle = std::unique_ptr<CURLU, Freed<curl_url_cleanup>>;
using CurlText = std::unique_ptr<char, Freed<curl_free>>;

// Handles that were used and wait to be used again: a new one costs its buffers. Thread-safe.
class EasyPool {
 public:
  [[nodiscard]] EasyHandle take() {
    {
      const std::lock_guard lock(mutex_);
      if (!idle_.empty()) {
        EasyHandle handle = std::move(idle_.back());
        idle_.pop_back();
        return handle;
      }
    }
    return fresh();
  }
  // For what a used one may not be told any more: its buffer's size.
  [[nodiscard]] static EasyHandle fresh() { return EasyHandle(curl_easy_init()); }
  // Forgets all that it was told, so that nothing of one request is left for the next.
  void give_back(EasyHandle handle) {
    curl_easy_reset(handle.get());
    const std::lock_guard lock(mutex_);
    idle_.push_back(std::move(handle));
  }

 private:
  std::mutex mutex_;
  std::vector<EasyHandle> idle_;
};

// A growing list of header lines for CURLOPT_HTTPHEADER.
class CurlList {
 public:
  CurlList() = default;
  CurlList(const CurlList&) = delete;
  CurlList& operator=(const CurlList&) = delete;
  ~CurlList() { curl_slist_free_all(head_); }
  // False when there is no memory; the list stays as it was.
  [[nodiscard]] bool append(const std::string& line) {
    curl_slist* longer = curl_slist_append(head_, line.c_str());
    if (longer != nullptr) head_ = longer;
    return longer != nullptr;
  }
  [[nodiscard]] curl_slist* get() const { return head_; }

 private:
  curl_slist* head_ = nullptr;
};

}  // namespace hallmark::net
