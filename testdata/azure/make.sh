#!/bin/sh
# Makes the vectors of this folder anew, with OpenSSL: certificates of applications as Entra ID takes them.
set -eu
cd "$(dirname "$0")"
openssl req -x509 -newkey rsa:2048 -nodes -keyout client.key -out client.crt -days 36500 -subj "/CN=hallmark test application" 2>/dev/null
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout ec.key -out ec.crt -days 36500 -subj "/CN=elliptic" 2>/dev/null
cat client.key client.crt >client.pem
# As "openssl pkcs12" writes it: words between the blocks, a foreign certificate first.
{ echo "Bag Attributes"; cat ec.crt; echo "    friendlyName: 1"; cat client.crt; echo "Key Attributes: <No Attributes>"; cat client.key; } >chain.pem
openssl pkcs8 -topk8 -in client.key -v2 aes-256-cbc -v2prf hmacWithSHA256 -iter 2048 -passout "pass:open sesame" -out encrypted.key
cat encrypted.key client.crt >encrypted.pem
cat client.key ec.crt >mismatched.pem
cat ec.key ec.crt >elliptic.pem
openssl pkcs12 -export -in client.pem -passout "pass:open sesame" -out client.pfx
rm client.key ec.key ec.crt encrypted.key
