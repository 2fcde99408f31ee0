// Asks containers/image whether a policy.json admits an image: what CRI-O and podman do before they pull.
//
//	containers-image POLICY REGISTRIES_D REFERENCE
//
// Exit 0 and "accepted", or 1 and "refused: why". Loopback registries are spoken to in plain HTTP.
package main

import (
	"context"
	"fmt"
	"os"

	"go.podman.io/image/v5/docker"
	"go.podman.io/image/v5/image"
	"go.podman.io/image/v5/signature"
	"go.podman.io/image/v5/types"
)

func allowed(policyFile, registriesDir, reference string) (bool, error) {
	policy, err := signature.NewPolicyFromFile(policyFile)
	if err != nil {
		return false, fmt.Errorf("policy: %w", err)
	}
	judge, err := signature.NewPolicyContext(policy)
	if err != nil {
		return false, fmt.Errorf("policy context: %w", err)
	}
	defer judge.Destroy() //nolint:errcheck
	named, err := docker.ParseReference("//" + reference)
	if err != nil {
		return false, fmt.Errorf("reference: %w", err)
	}
	system := &types.SystemContext{
		RegistriesDirPath:           registriesDir,
		SystemRegistriesConfPath:    os.DevNull,
		SystemRegistriesConfDirPath: registriesDir,             // holds no .conf: nothing of this machine's is read
		DockerAuthConfig:            &types.DockerAuthConfig{}, // anonymous: no file of the user's is read
		DockerInsecureSkipTLSVerify: types.OptionalBoolTrue,
	}
	source, err := named.NewImageSource(context.Background(), system)
	if err != nil {
		return false, fmt.Errorf("image: %w", err)
	}
	defer source.Close()
	return judge.IsRunningImageAllowed(context.Background(), image.UnparsedInstance(source, nil))
}

func main() {
	if len(os.Args) != 4 {
		fmt.Fprintln(os.Stderr, "usage: containers-image POLICY REGISTRIES_D REFERENCE")
		os.Exit(2)
	}
	ok, err := allowed(os.Args[1], os.Args[2], os.Args[3])
	if !ok || err != nil {
		fmt.Println("refused:", err)
		os.Exit(1)
	}
	fmt.Println("accepted")
}
