// cri-pull SOCKET IMAGE [USER PASSWORD]: pulls an image over the CRI API, as kubelet does, and prints what the runtime calls it.
package main

import (
	"context"
	"fmt"
	"os"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	runtime "k8s.io/cri-api/pkg/apis/runtime/v1"
)

func pull(arguments []string) (string, error) {
	if len(arguments) != 2 && len(arguments) != 4 {
		return "", fmt.Errorf("usage: cri-pull SOCKET IMAGE [USER PASSWORD]")
	}
	connection, err := grpc.NewClient("unix://"+arguments[0], grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		return "", err
	}
	defer connection.Close()
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	request := &runtime.PullImageRequest{Image: &runtime.ImageSpec{Image: arguments[1]}}
	if len(arguments) == 4 {
		request.Auth = &runtime.AuthConfig{Username: arguments[2], Password: arguments[3]}
	}
	answer, err := runtime.NewImageServiceClient(connection).PullImage(ctx, request, grpc.WaitForReady(true))
	if err != nil {
		return "", err
	}
	return answer.ImageRef, nil
}

func main() {
	image, err := pull(os.Args[1:])
	if err != nil {
		fmt.Fprintln(os.Stderr, "cri-pull:", err)
		os.Exit(1)
	}
	fmt.Println(image)
}
