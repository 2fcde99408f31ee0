// A registry in memory that has the referrers API: go-containerregistry's, which its own command does not switch it on for.
// Prints its address on the first line of stdout and serves until it is killed.
package main

import (
	"flag"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"os"

	"github.com/google/go-containerregistry/pkg/registry"
)

func main() {
	listen := flag.String("listen", "127.0.0.1:0", "address to listen on; port 0 picks a free one")
	verbose := flag.Bool("verbose", false, "log each request to stderr")
	flag.Parse()

	listener, err := net.Listen("tcp", *listen)
	if err != nil {
		fmt.Fprintln(os.Stderr, "ggcr-registry:", err)
		os.Exit(1)
	}
	out := io.Discard
	if *verbose {
		out = os.Stderr
	}
	fmt.Println(listener.Addr())
	handler := registry.New(registry.WithReferrersSupport(true), registry.Logger(log.New(out, "", 0)))
	fmt.Fprintln(os.Stderr, "ggcr-registry:", http.Serve(listener, handler))
	os.Exit(1)
}
