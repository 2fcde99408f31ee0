# shellcheck shell=bash disable=SC2034,SC2154
# cosign without a network, and keys of every kind. Needs lib/common.sh.

key_kinds="p256 p384 p521 rsa2048 rsa4096 ed25519"

# make_key KIND NAME: NAME.pem (PKCS#8 in the clear), NAME.pub, and NAME.key, which is cosign's encrypted copy.
make_key() {
  case $1 in
    p256) openssl ecparam -name prime256v1 -genkey -noout ;;
    p384) openssl ecparam -name secp384r1 -genkey -noout ;;
    p521) openssl ecparam -name secp521r1 -genkey -noout ;;
    rsa*) openssl genrsa "${1#rsa}" 2>/dev/null ;;
    ed25519) openssl genpkey -algorithm ed25519 ;;
  esac | (umask 077; openssl pkcs8 -topk8 -nocrypt -out "$2.pem") &&
    cosign import-key-pair --key "$2.pem" --output-key-prefix "$2" >out 2>&1 ||
    { fail "$test_name" "cosign could not import a $1 key: $(words_of out)"; finish; }
}

# What cosign 3.1.3 has to be told to verify with a key other than P-256 and RSA, even one it signed with itself.
cosign_hash() {
  case $1 in
    p384) echo "--signature-digest-algorithm sha384" ;;
    p521) echo "--signature-digest-algorithm sha512" ;;
  esac
}

cosign_format() { [ "$1" = bundle ] || echo "--new-bundle-format=false"; }

# cosign_sign FORMAT KEY REF [FLAG…]
cosign_sign() {
  local format=$1 key=$2 reference=$3; shift 3
  # shellcheck disable=SC2046 # flags, wanted apart
  cosign sign --key "$key" --tlog-upload=false --use-signing-config=false -y $(cosign_format "$format") "$@" "$reference"
}

# cosign_verify FORMAT KIND PUBLIC_KEY REF [FLAG…]
cosign_verify() {
  local format=$1 kind=$2 key=$3 reference=$4; shift 4
  # shellcheck disable=SC2046
  cosign verify --key "$key" --insecure-ignore-tlog $(cosign_format "$format") $(cosign_hash "$kind") "$@" "$reference"
}
