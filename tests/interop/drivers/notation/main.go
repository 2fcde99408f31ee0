// Signs and verifies an image with notation's own libraries, since its command is not published as a module.
//
//	notation setup DIR             a certificate, its key, a trust store and a trust policy in DIR
//	notation sign DIR REF [CA]     a signature by DIR's key (NOTATION_ENVELOPE=jws|cose, jws by default)
//	notation verify DIR REF [CA]   under DIR's trust policy; prints the digest
//
// With a CA file the registry is spoken to over TLS, without one in plain HTTP.
package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net/http"
	"os"

	"github.com/notaryproject/notation-go"
	"github.com/notaryproject/notation-go/dir"
	"github.com/notaryproject/notation-go/registry"
	"github.com/notaryproject/notation-go/signer"
	"github.com/notaryproject/notation-go/verifier"
	"github.com/notaryproject/notation-go/verifier/trustpolicy"
	"github.com/notaryproject/notation-go/verifier/truststore"
	"oras.land/oras-go/v2/registry/remote"
	"oras.land/oras-go/v2/registry/remote/auth"

	// The two envelope formats register themselves.
	_ "github.com/notaryproject/notation-core-go/signature/cose"
	_ "github.com/notaryproject/notation-core-go/signature/jws"
)

// repository opens where the image lives and, as notation's command does, pins a tag before anything else.
func repository(reference, caFile string) (registry.Repository, string, error) {
	repo, err := remote.NewRepository(reference)
	if err != nil {
		return nil, "", err
	}
	repo.PlainHTTP = caFile == ""
	if caFile != "" {
		pem, err := os.ReadFile(caFile)
		if err != nil {
			return nil, "", err
		}
		roots := x509.NewCertPool()
		roots.AppendCertsFromPEM(pem)
		transport := http.DefaultTransport.(*http.Transport).Clone()
		transport.TLSClientConfig = &tls.Config{RootCAs: roots}
		repo.Client = &auth.Client{Client: &http.Client{Transport: transport}}
	}
	pinned := repo.Reference
	if pinned.ValidateReferenceAsDigest() != nil {
		subject, err := repo.Resolve(context.Background(), pinned.Reference)
		if err != nil {
			return nil, "", err
		}
		pinned.Reference = subject.Digest.String()
	}
	return registry.NewRepository(repo), pinned.String(), nil
}

func sign(folder, reference string, repo registry.Repository) error {
	key, err := signer.NewFromFiles(folder+"/leaf.key", folder+"/leaf.crt")
	if err != nil {
		return err
	}
	mediaType := "application/jose+json"
	if os.Getenv("NOTATION_ENVELOPE") == "cose" {
		mediaType = "application/cose"
	}
	subject, err := notation.Sign(context.Background(), key, repo, notation.SignOptions{
		SignerSignOptions: notation.SignerSignOptions{SignatureMediaType: mediaType},
		ArtifactReference: reference,
	})
	if err == nil {
		fmt.Println("signed", subject.Digest)
	}
	return err
}

func verify(folder, reference string, repo registry.Repository) error {
	policy := &trustpolicy.Document{Version: "1.0", TrustPolicies: []trustpolicy.TrustPolicy{{
		Name:                  "all",
		RegistryScopes:        []string{"*"},
		SignatureVerification: trustpolicy.SignatureVerification{VerificationLevel: "strict", Override: map[trustpolicy.ValidationType]trustpolicy.ValidationAction{trustpolicy.TypeRevocation: trustpolicy.ActionSkip}},
		TrustStores:           []string{"ca:test"},
		TrustedIdentities:     []string{"*"},
	}}}
	judge, err := verifier.New(policy, truststore.NewX509TrustStore(dir.NewSysFS(folder)), nil)
	if err != nil {
		return err
	}
	subject, _, err := notation.Verify(context.Background(), judge, repo, notation.VerifyOptions{
		ArtifactReference:    reference,
		MaxSignatureAttempts: 50,
	})
	if err == nil {
		fmt.Println("verified", subject.Digest)
	}
	return err
}

func run(args []string) error {
	if len(args) == 2 && args[0] == "setup" {
		return setup(args[1])
	}
	if len(args) < 3 {
		return fmt.Errorf("usage: notation setup DIR | sign DIR REF [CA] | verify DIR REF [CA]")
	}
	caFile := ""
	if len(args) > 3 {
		caFile = args[3]
	}
	repo, reference, err := repository(args[2], caFile)
	if err != nil {
		return err
	}
	switch args[0] {
	case "sign":
		return sign(args[1], reference, repo)
	case "verify":
		return verify(args[1], reference, repo)
	}
	return fmt.Errorf("unknown command %q", args[0])
}

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "notation:", err)
		os.Exit(1)
	}
}
