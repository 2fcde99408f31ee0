// azure-vault asks Azure Key Vault by Microsoft's own SDK (azkeys, azidentity), with whatever credentials the environment holds:
//
//	azure-vault get VAULT KEY [VERSION]        prints the key's id and type
//	azure-vault sign VAULT KEY VERSION ALG N   signs the digest of N zero bytes, checks the signature, prints the id that signed
//	azure-vault create VAULT KEY EC|RSA CURVE|BITS
//
// A refusal ends with 1 and prints its status and code.
package main

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rsa"
	"errors"
	"fmt"
	"math/big"
	"os"
	"strconv"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"
	"github.com/Azure/azure-sdk-for-go/sdk/security/keyvault/azkeys"
)

func main() {
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	if err := run(ctx, os.Args[1:]); err != nil {
		var refused *azcore.ResponseError
		if errors.As(err, &refused) {
			fmt.Printf("status %d code %s\n", refused.StatusCode, refused.ErrorCode)
		}
		fmt.Println(err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string) error {
	if len(args) < 3 {
		return errors.New("usage: azure-vault get|sign|create VAULT KEY ...")
	}
	options := policy.ClientOptions{Retry: policy.RetryOptions{MaxRetries: -1}}
	credential, err := azidentity.NewDefaultAzureCredential(&azidentity.DefaultAzureCredentialOptions{ClientOptions: options})
	if err != nil {
		return err
	}
	client, err := azkeys.NewClient("https://"+args[1]+"/", credential, &azkeys.ClientOptions{ClientOptions: options})
	if err != nil {
		return err
	}
	argument := func(i int) string {
		if i < len(args) {
			return args[i]
		}
		return ""
	}
	switch args[0] {
	case "get":
		answer, err := client.GetKey(ctx, args[2], argument(3), nil)
		if err != nil {
			return err
		}
		fmt.Println(*answer.Key.KID, *answer.Key.Kty)
		return nil
	case "create":
		return create(ctx, client, args[2], argument(3), argument(4))
	case "sign":
		return sign(ctx, client, args[2], argument(3), argument(4), argument(5))
	}
	return errors.New("unknown command " + args[0])
}

func create(ctx context.Context, client *azkeys.Client, name, kind, size string) error {
	verify, sign := azkeys.KeyOperationVerify, azkeys.KeyOperationSign
	kty := azkeys.KeyType(kind)
	parameters := azkeys.CreateKeyParameters{Kty: &kty, KeyOps: []*azkeys.KeyOperation{&sign, &verify}}
	if bits, err := strconv.ParseInt(size, 10, 32); err == nil {
		narrow := int32(bits)
		parameters.KeySize = &narrow
	} else {
		curve := azkeys.CurveName(size)
		parameters.Curve = &curve
	}
	answer, err := client.CreateKey(ctx, name, parameters, nil)
	if err != nil {
		return err
	}
	fmt.Println(*answer.Key.KID, *answer.Key.Kty)
	return nil
}

func sign(ctx context.Context, client *azkeys.Client, name, version, algorithm, size string) error {
	key, err := client.GetKey(ctx, name, version, nil)
	if err != nil {
		return err
	}
	length, err := strconv.Atoi(size)
	if err != nil {
		return err
	}
	alg, digest := azkeys.SignatureAlgorithm(algorithm), make([]byte, length)
	answer, err := client.Sign(ctx, name, version, azkeys.SignParameters{Algorithm: &alg, Value: digest}, nil)
	if err != nil {
		return err
	}
	if !verifies(key.Key, digest, answer.Result) {
		return errors.New("the signature does not verify")
	}
	fmt.Println(*answer.KID, "signed")
	return nil
}

func verifies(key *azkeys.JSONWebKey, digest, signature []byte) bool {
	hash := map[int]crypto.Hash{32: crypto.SHA256, 48: crypto.SHA384, 64: crypto.SHA512}[len(digest)]
	if len(key.N) > 0 {
		public := rsa.PublicKey{N: new(big.Int).SetBytes(key.N), E: int(new(big.Int).SetBytes(key.E).Int64())}
		return rsa.VerifyPKCS1v15(&public, hash, digest, signature) == nil
	}
	curve := map[int]elliptic.Curve{32: elliptic.P256(), 48: elliptic.P384(), 66: elliptic.P521()}[len(key.X)]
	if curve == nil || len(signature) != 2*len(key.X) {
		return false
	}
	public := ecdsa.PublicKey{Curve: curve, X: new(big.Int).SetBytes(key.X), Y: new(big.Int).SetBytes(key.Y)}
	half := len(signature) / 2
	return ecdsa.Verify(&public, digest, new(big.Int).SetBytes(signature[:half]), new(big.Int).SetBytes(signature[half:]))
}
