#!/bin/bash
# Makes the throw-away keys of this folder anew: OpenSSL 3 and, with COSIGN=path, cosign 3. They guard nothing.
# The password of every encrypted one is "open sesame".
set -euo pipefail
cd "$(dirname "$0")"
password=(-passout "pass:open sesame")
q() { "$@" 2>/dev/null; }

ec() { # name curve
  q openssl genpkey -algorithm EC -pkeyopt "ec_paramgen_curve:$2" -pkeyopt ec_param_enc:named_curve -out "$1.pkcs8.pem"
  q openssl pkey -in "$1.pkcs8.pem" -pubout -out "$1.pub.pem"
}
rsa() { # name algorithm bits options…
  local name=$1 algorithm=$2 bits=$3; shift 3
  q openssl genpkey -algorithm "$algorithm" -pkeyopt "rsa_keygen_bits:$bits" "$@" -out "$name.pkcs8.pem"
  q openssl pkey -in "$name.pkcs8.pem" -pubout -out "$name.pub.pem"
}

# Accepted
ec p256 P-256; ec p384 P-384; ec p521 P-521
for curve in p256 p384 p521; do q openssl pkey -in $curve.pkcs8.pem -traditional -out $curve.sec1.pem; done
rsa rsa2048 RSA 2048; rsa rsa3072 RSA 3072; rsa rsa4096 RSA 4096
q openssl pkey -in rsa2048.pkcs8.pem -traditional -out rsa2048.pkcs1.pem
q openssl rsa -in rsa2048.pkcs8.pem -RSAPublicKey_out -out rsa2048.pkcs1pub.pem
rsa rsapss2048 RSA-PSS 2048
rsa rsapss-sha256 RSA-PSS 2048 -pkeyopt rsa_pss_keygen_md:sha256 -pkeyopt rsa_pss_keygen_mgf1_md:sha256 -pkeyopt rsa_pss_keygen_saltlen:32
q openssl genpkey -algorithm ED25519 -out ed25519.pkcs8.pem
q openssl pkey -in ed25519.pkcs8.pem -pubout -out ed25519.pub.pem
encrypt() { q openssl pkcs8 -topk8 -in p256.pkcs8.pem "${password[@]}" -out "$1" "${@:2}"; }
encrypt p256.pbkdf2.pem -v2 aes-256-cbc -v2prf hmacWithSHA256 -iter 2048
encrypt p256.pbkdf2-sha1.pem -v2 aes-128-cbc -v2prf hmacWithSHA1 -iter 2048
encrypt p256.scrypt.pem -scrypt -scrypt_N 1024

# Refused
encrypt refused-des3.pem -v2 des3
encrypt refused-pbes1.pem -v1 PBE-SHA1-3DES
encrypt refused-iterations.pem -v2 aes-256-cbc -iter 20000000 &
q openssl ec -in p256.pkcs8.pem -aes256 "${password[@]}" -out refused-old-encryption.pem
ec refused-p192 prime192v1; ec refused-p224 secp224r1; ec refused-secp256k1 secp256k1; ec refused-brainpool brainpoolP256r1
q openssl ec -in p256.pkcs8.pem -param_enc explicit -out refused-explicit.sec1.pem
q openssl ec -in p256.pkcs8.pem -param_enc explicit -pubout -out refused-explicit.pub.pem
q openssl ec -in p256.pkcs8.pem -conv_form compressed -pubout -out refused-compressed.pub.pem
rsa refused-rsa1024 RSA 1024; rsa refused-rsa5120 RSA 5120
rsa refused-rsapss-sha1 RSA-PSS 2048 -pkeyopt rsa_pss_keygen_md:sha1
rsa refused-rsapss-sha512 RSA-PSS 2048 -pkeyopt rsa_pss_keygen_md:sha512
rsa refused-rsapss-salt RSA-PSS 2048 -pkeyopt rsa_pss_keygen_md:sha256 -pkeyopt rsa_pss_keygen_mgf1_md:sha256 -pkeyopt rsa_pss_keygen_saltlen:64
q openssl genpkey -algorithm ED448 -out refused-ed448.pkcs8.pem
q openssl pkey -in refused-ed448.pkcs8.pem -pubout -out refused-ed448.pub.pem
q openssl genpkey -algorithm X25519 -out refused-x25519.pkcs8.pem
q openssl pkey -in refused-x25519.pkcs8.pem -pubout -out refused-x25519.pub.pem
q openssl genpkey -genparam -algorithm DSA -pkeyopt dsa_paramgen_bits:1024 | q openssl genpkey -paramfile /dev/stdin -out refused-dsa.pkcs8.pem
q openssl pkey -in refused-dsa.pkcs8.pem -pubout -out refused-dsa.pub.pem
q openssl req -x509 -key p256.pkcs8.pem -subj /CN=hallmark -days 3650 -out refused-certificate.pem
wait
rm -f refused-{p192,p224,brainpool,rsa5120,rsapss-sha1,rsapss-sha512,rsapss-salt}.pkcs8.pem

# Written by cosign
if [ -n "${COSIGN:-}" ]; then
  rm -f cosign.key cosign.pub
  COSIGN_PASSWORD="open sesame" q "$COSIGN" generate-key-pair --output-key-prefix cosign
  COSIGN_PASSWORD="" q "$COSIGN" generate-key-pair --output-key-prefix cosign-no-password
  for key in rsa2048 ed25519 p384; do
    COSIGN_PASSWORD="open sesame" q "$COSIGN" import-key-pair --key $key.pkcs8.pem --output-key-prefix cosign-$key || true
  done
  sed 's/SIGSTORE/COSIGN/' cosign.key > cosign-old-label.key
fi
