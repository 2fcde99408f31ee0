// gcp-kms: Google's own client for Cloud KMS over REST, as the peer that has to believe the scripted server.
//
//	gcp-kms sign VERSION             fetches the public key, signs a text and verifies it; prints the algorithm
//	gcp-kms digest VERSION NAME HEX [CRC32C]  has this digest (sha256, sha384, data) signed
//	gcp-kms list KEY                 the versions that are enabled
//	gcp-kms permissions KEY NAME…    those the caller has
//	gcp-kms create RING KEY ALGORITHM
//	gcp-kms bridge PORT CERT KEY     answers gRPC on 127.0.0.1 with what the REST service answers: bridge.go
//
// Credentials are the application default ones. An error is "STATUS REASON: message".
package main

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/sha512"
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"hash/crc32"
	"os"
	"slices"
	"strconv"
	"strings"

	"google.golang.org/api/cloudkms/v1"
	"google.golang.org/api/googleapi"
)

const message = "what is signed"

func checksum(data []byte) int64 {
	return int64(crc32.Checksum(data, crc32.MakeTable(crc32.Castagnoli)))
}

func verifies(key any, algorithm string, hash crypto.Hash, digest, signature []byte) bool {
	switch key := key.(type) {
	case *ecdsa.PublicKey:
		return ecdsa.VerifyASN1(key, digest, signature)
	case ed25519.PublicKey:
		return ed25519.Verify(key, digest, signature)
	case *rsa.PublicKey:
		if strings.Contains(algorithm, "_PSS_") {
			return rsa.VerifyPSS(key, hash, digest, signature, &rsa.PSSOptions{SaltLength: rsa.PSSSaltLengthEqualsHash}) == nil
		}
		return rsa.VerifyPKCS1v15(key, hash, digest, signature) == nil
	}
	return false
}

func digestOf(algorithm string) (string, crypto.Hash, []byte) {
	switch {
	case algorithm == "EC_SIGN_ED25519":
		return "data", 0, []byte(message)
	case strings.HasSuffix(algorithm, "384"):
		sum := sha512.Sum384([]byte(message))
		return "sha384", crypto.SHA384, sum[:]
	}
	sum := sha256.Sum256([]byte(message))
	return "sha256", crypto.SHA256, sum[:]
}

func request(name string, what []byte, sum int64) *cloudkms.AsymmetricSignRequest {
	encoded := base64.StdEncoding.EncodeToString(what)
	switch name {
	case "data":
		return &cloudkms.AsymmetricSignRequest{Data: encoded, DataCrc32c: sum}
	case "sha384":
		return &cloudkms.AsymmetricSignRequest{Digest: &cloudkms.Digest{Sha384: encoded}, DigestCrc32c: sum}
	}
	return &cloudkms.AsymmetricSignRequest{Digest: &cloudkms.Digest{Sha256: encoded}, DigestCrc32c: sum}
}

func sign(ctx context.Context, keys *cloudkms.ProjectsLocationsKeyRingsCryptoKeysService, version string) error {
	answer, err := keys.CryptoKeyVersions.GetPublicKey(version).Context(ctx).Do()
	if err != nil {
		return err
	}
	block, _ := pem.Decode([]byte(answer.Pem))
	if block == nil || answer.PemCrc32c != checksum([]byte(answer.Pem)) || answer.Name != version {
		return errors.New("WRONG: the public key is damaged or another's")
	}
	key, err := x509.ParsePKIXPublicKey(block.Bytes)
	if err != nil {
		return err
	}
	name, hash, what := digestOf(answer.Algorithm)
	signed, err := keys.CryptoKeyVersions.AsymmetricSign(version, request(name, what, checksum(what))).Context(ctx).Do()
	if err != nil {
		return err
	}
	signature, err := base64.StdEncoding.DecodeString(signed.Signature)
	if err != nil {
		return err
	}
	if signed.Name != version || signed.SignatureCrc32c != checksum(signature) || !(signed.VerifiedDigestCrc32c || signed.VerifiedDataCrc32c) {
		return errors.New("WRONG: the answer is damaged or another key's")
	}
	if !verifies(key, answer.Algorithm, hash, what, signature) {
		return errors.New("WRONG: the signature does not verify")
	}
	fmt.Println(answer.Algorithm)
	return nil
}

func call(ctx context.Context, keys *cloudkms.ProjectsLocationsKeyRingsCryptoKeysService, arguments []string) error {
	switch {
	case len(arguments) == 2 && arguments[0] == "sign":
		return sign(ctx, keys, arguments[1])
	case len(arguments) >= 4 && arguments[0] == "digest":
		what, err := hex.DecodeString(arguments[3])
		if err != nil {
			return err
		}
		sum := checksum(what)
		if len(arguments) == 5 {
			sum, _ = strconv.ParseInt(arguments[4], 10, 64)
		}
		_, err = keys.CryptoKeyVersions.AsymmetricSign(arguments[1], request(arguments[2], what, sum)).Context(ctx).Do()
		return err
	case len(arguments) == 2 && arguments[0] == "list":
		return keys.CryptoKeyVersions.List(arguments[1]).Filter("state=ENABLED").Pages(ctx, func(page *cloudkms.ListCryptoKeyVersionsResponse) error {
			for _, version := range page.CryptoKeyVersions {
				fmt.Println(version.Name, version.State)
			}
			return nil
		})
	case len(arguments) > 2 && arguments[0] == "permissions":
		answer, err := keys.TestIamPermissions(arguments[1], &cloudkms.TestIamPermissionsRequest{Permissions: arguments[2:]}).Context(ctx).Do()
		if err == nil {
			slices.Sort(answer.Permissions)
			fmt.Println(strings.Join(answer.Permissions, " "))
		}
		return err
	case len(arguments) == 4 && arguments[0] == "create":
		answer, err := keys.Create(arguments[1], &cloudkms.CryptoKey{Purpose: "ASYMMETRIC_SIGN",
			VersionTemplate: &cloudkms.CryptoKeyVersionTemplate{Algorithm: arguments[3]}}).CryptoKeyId(arguments[2]).Context(ctx).Do()
		if err == nil {
			fmt.Println(answer.Name)
		}
		return err
	}
	return errors.New("usage: see main.go")
}

// "STATUS REASON: message" of an error of the API; the type of the first violation stands where there is no reason.
func describe(err error) string {
	var refused *googleapi.Error
	if !errors.As(err, &refused) {
		return err.Error()
	}
	var body struct {
		Error struct {
			Status  string
			Message string
			Details []struct {
				Reason     string
				Violations []struct{ Type string }
			}
		}
	}
	_ = json.Unmarshal([]byte(refused.Body), &body)
	reason := ""
	for _, detail := range body.Error.Details {
		reason += detail.Reason
		for _, violation := range detail.Violations {
			reason += violation.Type
		}
	}
	return fmt.Sprintf("%s %s: %s", body.Error.Status, reason, body.Error.Message)
}

func main() {
	ctx := context.Background()
	var err error
	if len(os.Args) == 5 && os.Args[1] == "bridge" {
		err = bridge(os.Args[2], os.Args[3], os.Args[4])
	} else {
		var service *cloudkms.Service
		if service, err = cloudkms.NewService(ctx); err == nil {
			err = call(ctx, service.Projects.Locations.KeyRings.CryptoKeys, os.Args[1:])
		}
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "gcp-kms:", describe(err))
		os.Exit(1)
	}
}
