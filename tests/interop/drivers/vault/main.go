// vault asks a Vault server through HashiCorp's own client library, as the vault command does:
//
//	vault read PATH
//	vault write PATH [NAME=VALUE…]      a VALUE that is JSON is sent as such, any other as a string; @FILE is a file's text
//	vault capabilities PATH
//
// Where and who: VAULT_ADDR, VAULT_CACERT, VAULT_NAMESPACE, VAULT_TOKEN. Prints the answer's data, or of a login its token, as JSON.
package main

import (
	"encoding/json"
	"fmt"
	"os"
	"strings"

	"github.com/hashicorp/vault/api"
)

func fields(words []string) (map[string]any, error) {
	data := map[string]any{}
	for _, word := range words {
		name, value, found := strings.Cut(word, "=")
		if !found {
			return nil, fmt.Errorf("%s: expected NAME=VALUE", word)
		}
		if file, ok := strings.CutPrefix(value, "@"); ok {
			text, err := os.ReadFile(file)
			if err != nil {
				return nil, err
			}
			value = strings.TrimSpace(string(text))
		}
		var typed any
		if json.Unmarshal([]byte(value), &typed) != nil {
			typed = value
		}
		data[name] = typed
	}
	return data, nil
}

func ask(client *api.Client, words []string) (any, error) {
	switch words[0] {
	case "read":
		secret, err := client.Logical().Read(words[1])
		if err == nil && secret == nil {
			err = fmt.Errorf("no value found at %s", words[1])
		}
		if err != nil {
			return nil, err
		}
		return secret.Data, nil
	case "write":
		data, err := fields(words[2:])
		if err != nil {
			return nil, err
		}
		secret, err := client.Logical().Write(words[1], data)
		if err != nil || secret == nil {
			return nil, err
		}
		if secret.Auth != nil {
			token, err := secret.TokenID()
			return map[string]any{"token": token, "ttl": secret.Auth.LeaseDuration}, err
		}
		if len(secret.Warnings) > 0 {
			return map[string]any{"data": secret.Data, "warnings": secret.Warnings}, nil
		}
		return secret.Data, nil
	case "capabilities":
		return client.Sys().CapabilitiesSelf(words[1])
	}
	return nil, fmt.Errorf("%s: not a command", words[0])
}

func run(words []string) error {
	if len(words) < 2 {
		return fmt.Errorf("usage: vault read|write|capabilities PATH [NAME=VALUE…]")
	}
	client, err := api.NewClient(api.DefaultConfig())
	if err != nil {
		return err
	}
	client.SetMaxRetries(0)
	answer, err := ask(client, words)
	if err != nil {
		return err
	}
	return json.NewEncoder(os.Stdout).Encode(answer)
}

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "error:", err)
		os.Exit(1)
	}
}
