// The same over TLS, with HTTP/2 where the client offers it: `serve-content-tls DIR SECRET CERTIFICATE KEY`. Built with
// serve-content.go: `go build -o serve-content-tls serve-content.go serve-content-tls.go`.
package main

import (
	"net"
	"net/http"
	"os"
)

func init() {
	serve = func(listener net.Listener, handler http.Handler) error {
		return http.ServeTLS(listener, handler, os.Args[3], os.Args[4])
	}
}
