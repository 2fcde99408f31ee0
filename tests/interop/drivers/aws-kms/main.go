// The official client of AWS KMS, to say whether our scripted server is believed by others.
//
//	aws-kms public-key KEY       SPKI in PEM
//	aws-kms sign KEY FILE        signs the digest of FILE (Ed25519: FILE itself); the signature, and the ARN and algorithm that made it
//	aws-kms sign-digest KEY ALGORITHM FILE   signs FILE as if it were the digest
//	aws-kms may-sign KEY         the same with DryRun
//	aws-kms describe KEY         state, spec and ARN
//	aws-kms create SPEC ALIAS    a key, and the alias that leads to it
//
// Credentials, region and endpoint are found as the SDK finds them. An error is the service's code on stderr, and exit 1.
package main

import (
	"context"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"
	"github.com/aws/smithy-go"
)

func digest(algorithm string, message []byte) ([]byte, types.MessageType) {
	switch {
	case strings.HasPrefix(algorithm, "ED25519"):
		return message, types.MessageTypeRaw
	case strings.HasSuffix(algorithm, "384"):
		sum := sha512.Sum384(message)
		return sum[:], types.MessageTypeDigest
	case strings.HasSuffix(algorithm, "512"):
		sum := sha512.Sum512(message)
		return sum[:], types.MessageTypeDigest
	}
	sum := sha256.Sum256(message)
	return sum[:], types.MessageTypeDigest
}

func sign(ctx context.Context, client *kms.Client, key string, message []byte, dryRun *bool) error {
	public, err := client.GetPublicKey(ctx, &kms.GetPublicKeyInput{KeyId: &key})
	if err != nil {
		return err
	}
	algorithm := public.SigningAlgorithms[0]
	input, kind := digest(string(algorithm), message)
	out, err := client.Sign(ctx, &kms.SignInput{KeyId: &key, Message: input, MessageType: kind, SigningAlgorithm: algorithm, DryRun: dryRun})
	if err != nil {
		return err
	}
	fmt.Println(base64.StdEncoding.EncodeToString(out.Signature))
	fmt.Fprintln(os.Stderr, *out.KeyId, out.SigningAlgorithm)
	return nil
}

func create(ctx context.Context, client *kms.Client, spec, alias string) error {
	out, err := client.CreateKey(ctx, &kms.CreateKeyInput{KeySpec: types.KeySpec(spec), KeyUsage: types.KeyUsageTypeSignVerify})
	if err != nil {
		return err
	}
	_, err = client.CreateAlias(ctx, &kms.CreateAliasInput{AliasName: &alias, TargetKeyId: out.KeyMetadata.KeyId})
	return err
}

func run(ctx context.Context, arguments []string) error {
	settings, err := config.LoadDefaultConfig(ctx, config.WithRetryMaxAttempts(1))
	if err != nil {
		return err
	}
	client := kms.NewFromConfig(settings)
	switch {
	case len(arguments) == 2 && arguments[0] == "public-key":
		out, err := client.GetPublicKey(ctx, &kms.GetPublicKeyInput{KeyId: &arguments[1]})
		if err != nil {
			return err
		}
		return pem.Encode(os.Stdout, &pem.Block{Type: "PUBLIC KEY", Bytes: out.PublicKey})
	case len(arguments) == 3 && arguments[0] == "sign":
		message, err := os.ReadFile(arguments[2])
		if err != nil {
			return err
		}
		return sign(ctx, client, arguments[1], message, nil)
	case len(arguments) == 4 && arguments[0] == "sign-digest":
		digest, err := os.ReadFile(arguments[3])
		if err != nil {
			return err
		}
		_, err = client.Sign(ctx, &kms.SignInput{KeyId: &arguments[1], Message: digest, MessageType: types.MessageTypeDigest,
			SigningAlgorithm: types.SigningAlgorithmSpec(arguments[2])})
		return err
	case len(arguments) == 2 && arguments[0] == "may-sign":
		return sign(ctx, client, arguments[1], []byte("may this key sign?"), aws.Bool(true))
	case len(arguments) == 2 && arguments[0] == "describe":
		out, err := client.DescribeKey(ctx, &kms.DescribeKeyInput{KeyId: &arguments[1]})
		if err != nil {
			return err
		}
		fmt.Println(out.KeyMetadata.KeyState, out.KeyMetadata.KeySpec, *out.KeyMetadata.Arn)
		return nil
	case len(arguments) == 3 && arguments[0] == "create":
		return create(ctx, client, arguments[1], arguments[2])
	}
	return errors.New("usage: aws-kms public-key KEY | sign KEY FILE | sign-digest KEY ALGORITHM FILE | may-sign KEY | describe KEY | create SPEC ALIAS")
}

func main() {
	err := run(context.Background(), os.Args[1:])
	if err == nil {
		return
	}
	var answered smithy.APIError
	if errors.As(err, &answered) {
		fmt.Fprintf(os.Stderr, "%s: %s\n", answered.ErrorCode(), answered.ErrorMessage())
	} else {
		fmt.Fprintln(os.Stderr, err)
	}
	os.Exit(1)
}
