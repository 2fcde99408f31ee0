package main

import (
	"bytes"
	"context"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"

	"cloud.google.com/go/kms/apiv1/kmspb"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
)

// bridged is Cloud KMS over gRPC, which is what cosign speaks. Each call is passed on as the REST call that the API
// documents for it, with the caller's own token, and so is answered by the same keys.
type bridged struct {
	kmspb.UnimplementedKeyManagementServiceServer
}

var statusCodes = map[int]codes.Code{400: codes.InvalidArgument, 401: codes.Unauthenticated, 403: codes.PermissionDenied,
	404: codes.NotFound, 409: codes.AlreadyExists, 429: codes.ResourceExhausted}

func pass(ctx context.Context, method, path string, body []byte, into proto.Message) error {
	request, err := http.NewRequestWithContext(ctx, method, "https://cloudkms.googleapis.com/v1/"+path, bytes.NewReader(body))
	if err != nil {
		return err
	}
	incoming, _ := metadata.FromIncomingContext(ctx)
	for _, field := range incoming.Get("authorization") {
		request.Header.Set("Authorization", field)
	}
	if body != nil {
		request.Header.Set("Content-Type", "application/json")
	}
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		return status.Error(codes.Unavailable, err.Error())
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		return err
	}
	if answer.StatusCode != http.StatusOK {
		code, known := statusCodes[answer.StatusCode]
		if !known {
			code = codes.Internal
		}
		return status.Error(code, string(text))
	}
	return protojson.Unmarshal(text, into)
}

func (bridged) GetCryptoKey(ctx context.Context, in *kmspb.GetCryptoKeyRequest) (*kmspb.CryptoKey, error) {
	out := new(kmspb.CryptoKey)
	return out, pass(ctx, "GET", in.Name, nil, out)
}

func (bridged) GetCryptoKeyVersion(ctx context.Context, in *kmspb.GetCryptoKeyVersionRequest) (*kmspb.CryptoKeyVersion, error) {
	out := new(kmspb.CryptoKeyVersion)
	return out, pass(ctx, "GET", in.Name, nil, out)
}

func (bridged) ListCryptoKeyVersions(ctx context.Context, in *kmspb.ListCryptoKeyVersionsRequest) (*kmspb.ListCryptoKeyVersionsResponse, error) {
	out := new(kmspb.ListCryptoKeyVersionsResponse)
	query := url.Values{"pageSize": {strconv.Itoa(int(in.PageSize))}, "pageToken": {in.PageToken}, "filter": {in.Filter}, "orderBy": {in.OrderBy}}
	return out, pass(ctx, "GET", in.Parent+"/cryptoKeyVersions?"+query.Encode(), nil, out)
}

func (bridged) GetPublicKey(ctx context.Context, in *kmspb.GetPublicKeyRequest) (*kmspb.PublicKey, error) {
	out := new(kmspb.PublicKey)
	return out, pass(ctx, "GET", in.Name+"/publicKey", nil, out)
}

func (bridged) AsymmetricSign(ctx context.Context, in *kmspb.AsymmetricSignRequest) (*kmspb.AsymmetricSignResponse, error) {
	name := in.Name
	in.Name = "" // it stands in the path
	body, err := protojson.Marshal(in)
	if err != nil {
		return nil, err
	}
	out := new(kmspb.AsymmetricSignResponse)
	return out, pass(ctx, "POST", name+":asymmetricSign", body, out)
}

func bridge(port, certificate, key string) error {
	tls, err := credentials.NewServerTLSFromFile(certificate, key)
	if err != nil {
		return err
	}
	listener, err := net.Listen("tcp", net.JoinHostPort("127.0.0.1", port))
	if err != nil {
		return err
	}
	server := grpc.NewServer(grpc.Creds(tls))
	kmspb.RegisterKeyManagementServiceServer(server, bridged{})
	return server.Serve(listener)
}
