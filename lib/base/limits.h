// Every bound of hallmark: a name, a value, a reason. Too much input fails; it is never cut off.
#pragma once

#include <chrono>
#include <cstddef>

namespace hallmark::limits {

using namespace std::chrono_literals;

// Documents
inline constexpr std::size_t manifest_bytes = 4u << 20;  // distribution-spec: registries SHOULD accept 4 MiB
inline constexpr std::size_t json_depth = 64;            // deepest known (SBOM-like) documents stay under 30
inline constexpr std::size_t json_values = 256u << 10;   // 4 MiB of "1,1,1" would take 40 times as much memory
inline constexpr std::size_t manifest_layers = 1'000;    // cosign's own bound for legacy signatures (CVE-2024-29903)
inline constexpr std::size_t index_manifests = 4'096;    // descriptors of one index or of all referrers pages together
inline constexpr std::size_t index_depth = 3;            // index in index in index; nobody publishes more
inline constexpr std::size_t annotation_bytes = 1u
                                                << 20;  // one descriptor's annotations: certificate chains fit thrice

inline constexpr std::size_t yaml_bytes = 4u << 20;  // one policy file or Kubernetes manifest; 10,000 rules take 2 MiB
inline constexpr std::size_t yaml_depth = 64;        // Kubernetes' own schemas stay under 30; json_depth
inline constexpr std::size_t toml_dots = 4'096;  // a hosts.toml with 64 mirrors and containerd's whole default have 500
inline constexpr std::size_t yaml_values = 512u << 10;  // 10,000 rules with two keys each have 200,000

// Signatures
inline constexpr std::size_t payload_bytes =
    1u << 20;  // a simple-signing payload or a bundle; real ones stay under 32 KiB
inline constexpr std::size_t signature_candidates = 2'048;  // signatures looked at for one digest, over all schemes
inline constexpr std::size_t candidate_bytes = 64u << 20;   // bytes fetched for the signatures of one digest
inline constexpr std::size_t held_bytes = 4u << 20;         // of these, kept for the next candidate that names them
inline constexpr std::size_t statement_subjects = 1'024;    // sigstore-go's bound (CVE-2024-45395)
inline constexpr std::size_t subject_digests = 32;          // the same source
inline constexpr std::size_t envelope_signatures = 32;      // each is tried with every key; cosign writes one
inline constexpr std::size_t log_entries = 32;              // entries in one bundle; the same source
inline constexpr std::size_t certificate_chain = 16;

// Policies
inline constexpr std::size_t policy_files = 256;
inline constexpr std::size_t policy_problems = 1'000;    // told at once; more help nobody
inline constexpr std::size_t requirement_depth = 8;      // any in all in at-least: people read three levels at most
inline constexpr std::size_t requirement_anchors = 256;  // of one requirement
inline constexpr std::size_t entangled_anchors = 16;  // of a nested one whose anchors share keys: each choice is tried
inline constexpr std::size_t anchor_keys = 64;
inline constexpr std::size_t rule_accepts = 64;

// Nodes
inline constexpr std::size_t containerd_files = 256;      // a config.toml and its imports
inline constexpr std::size_t credential_providers = 64;   // kubelet's plugins; clouds ship one
inline constexpr std::size_t credential_answers = 1'024;  // of them, remembered by one process
inline constexpr auto credential_plugin_time = 5s;        // kubelet waits a minute; a verifier has 10 s in all

// Registry
inline constexpr std::size_t referrer_pages = 64;         // Link pages followed
inline constexpr std::size_t referrer_bytes = 16u << 20;  // of all pages together: 4,096 entries of 4 KiB
inline constexpr std::size_t response_header_bytes = 64u << 10;
inline constexpr std::size_t error_body_bytes = 64u << 10;
inline constexpr std::size_t token_bytes = 64u << 10;  // a token server's answer
inline constexpr std::size_t redirects = 5;
inline constexpr std::size_t url_bytes = 8u << 10;  // RFC 9110 section 4.1 asks for 8000; presigned URLs take 2 KiB
inline constexpr auto stall_time = 60s;             // a transfer slower than stall_bytes a second for this long ends
inline constexpr std::size_t stall_bytes = 64;
inline constexpr auto retry_pause = 200ms;    // before the first retry, doubled with each, with jitter
inline constexpr auto retry_pause_most = 5s;  // unless Retry-After says more
inline constexpr auto operation_time = 30s;   // --timeout's default, over all requests of one operation
inline constexpr auto connect_time = 10s;
inline constexpr auto referrers_memory = 60s;  // that a registry has no referrers API: one may be upgraded meanwhile
inline constexpr std::size_t parallel_requests = 8;  // per operation
inline constexpr std::size_t retries = 4;            // after the first try, within the deadline

// Keys elsewhere: key services, tokens, TPMs, clusters
inline constexpr std::size_t key_answer_bytes = 256u << 10;   // a key service answers with 10 KiB at most
inline constexpr std::size_t secret_answer_bytes = 2u << 20;  // etcd takes objects of 1.5 MiB
inline constexpr std::size_t login_answer_bytes = 64u << 10;  // tokens with claims take 4 KiB
inline constexpr std::size_t key_reference_bytes = 4u << 10;  // a PKCS#11 URI with every attribute has 1 KiB
inline constexpr std::size_t cloud_config_bytes =
    1u << 20;                                          // ~/.aws/config, a kubeconfig, application default credentials
inline constexpr std::size_t signature_bytes = 1'024;  // RSA of 4096 bits makes 512
inline constexpr auto metadata_time = 2s;  // a metadata service is one hop away; where there is none, nothing answers
inline constexpr auto login_margin = 60s;  // a login is renewed when it ends within this
inline constexpr auto clock_skew_most = 300s;        // AWS refuses requests that are 5 minutes off, OAuth servers less
inline constexpr auto exec_plugin_time = 30s;        // of a kubeconfig; kubectl waits for ever
inline constexpr std::size_t token_slots = 256;      // PKCS#11 slots looked at
inline constexpr std::size_t token_objects = 4'096;  // objects of one search on a token
inline constexpr std::size_t token_attribute_bytes =
    16u << 10;                                            // of one attribute; a certificate may be asked for by mistake
inline constexpr std::size_t tpm_blob_bytes = 16u << 10;  // a TPM key file: 1 KiB

// Files
inline constexpr std::size_t trust_file_bytes = 4u << 20;  // 4,096 pins of 1 KiB
inline constexpr std::size_t trust_pins = 4'096;
inline constexpr std::size_t key_file_bytes = 64u << 10;  // an encrypted RSA-4096 key is 4 KiB
inline constexpr std::size_t list_line_bytes = 4u << 10;  // a line of --from-file; references are under 512 bytes
inline constexpr std::size_t password_bytes = 4u << 10;
inline constexpr std::size_t ca_file_bytes = 4u << 20;       // Debian's bundle is 220 KiB
inline constexpr std::size_t config_file_bytes = 1u << 20;   // docker config, auth.json, hosts.toml
inline constexpr std::size_t scrypt_memory = 256u << 20;     // N·r·128: cosign's own N=65536, r=8 needs 64 MiB
inline constexpr std::size_t scrypt_work = 1u << 30;         // N·r·p·128: bounds the time as scrypt_memory the space
inline constexpr std::size_t pbkdf2_iterations = 5'000'000;  // OWASP asks for 600,000; this many take 2 to 4 s
inline constexpr std::size_t archive_entries = 100'000;
inline constexpr std::size_t archive_metadata_bytes = 64u << 20;  // everything in an archive that is not a blob
inline constexpr std::size_t archive_ratio =
    200;  // unpacked to packed; layers are packed already, so real ones stay near 1
inline constexpr std::size_t archive_ratio_floor = 64u << 20;  // below this the ratio says nothing
inline constexpr std::size_t archive_unpacked_bytes = 64ull << 30;
inline constexpr auto layout_lock_time = 60s;  // waiting for another writer of the same layout or archive
inline constexpr std::size_t copy_manifest_bytes = 64u << 20;  // manifests of one image, held while it is copied
inline constexpr std::size_t copy_memory_bytes = 1u << 20;     // a larger blob passes through a file
inline constexpr std::size_t listed_bytes = 64u << 20;         // manifests of a layout, read to find who refers to whom
inline constexpr std::size_t verifier_input_bytes = 1u << 20;  // containerd's descriptor and the pod's annotations
inline constexpr auto verifier_time = 8'500ms;                 // containerd kills a verifier after 10 s
inline constexpr auto verifier_cpu = 30s;                      // of the process that parses; it needs 10 ms
inline constexpr std::size_t verifier_memory = 1u << 30;       // address space of the same; it uses 20 MiB
inline constexpr std::size_t verifier_files = 256;
inline constexpr auto cache_patience =
    100ms;  // waiting for another process that writes a decision; a miss costs no more
inline constexpr std::size_t cache_pages = 16'384;  // of 4 KiB: some 100,000 decisions; a full cache begins anew
inline constexpr std::size_t layout_file_bytes = 4u << 10;  // `oci-layout`; real ones have 30

}  // namespace hallmark::limits
