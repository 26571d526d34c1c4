// Go's http.ServeContent behind an HMAC check: `serve-content DIR SECRET [KEY CERT]`, with TLS and HTTP/2 if it has a
// certificate. Writes its port; ends when its input does.
package main

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"time"
)

var trackID = regexp.MustCompile(`^[A-Za-z0-9_-]{1,128}$`)

func main() {
	dir, secret := os.Args[1], []byte(os.Args[2])
	http.HandleFunc("/stream/", func(w http.ResponseWriter, r *http.Request) {
		id := strings.TrimPrefix(r.URL.Path, "/stream/")
		query := r.URL.Query()
		if !trackID.MatchString(id) || !isAuthentic(secret, id, query.Get("expires"), query.Get("sig")) {
			http.Error(w, "Signature invalide", http.StatusForbidden)
			return
		}
		file, err := os.Open(filepath.Join(dir, id+".mp3"))
		if err != nil {
			http.NotFound(w, r)
			return
		}
		defer file.Close()
		info, err := file.Stat()
		if err != nil {
			http.NotFound(w, r)
			return
		}
		w.Header().Set("Content-Type", "audio/mpeg")
		w.Header().Set("Etag", fmt.Sprintf(`"%x-%x"`, info.Size(), info.ModTime().UnixNano()))
		http.ServeContent(w, r, "", info.ModTime(), file)
	})

	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	fmt.Println(listener.Addr().(*net.TCPAddr).Port)
	go func() {
		io.Copy(io.Discard, os.Stdin)
		os.Exit(0)
	}()
	if len(os.Args) > 4 && os.Args[4] != "" {
		// Silent about clients that leave during the handshake.
		server := http.Server{ErrorLog: log.New(io.Discard, "", 0)}
		panic(server.ServeTLS(listener, os.Args[4], os.Args[3]))
	}
	panic(http.Serve(listener, nil))
}

func isAuthentic(secret []byte, id, expires, sig string) bool {
	seconds, err := strconv.ParseInt(expires, 10, 64)
	if err != nil {
		return false
	}
	given, err := hex.DecodeString(sig)
	if err != nil {
		return false
	}
	mac := hmac.New(sha256.New, secret)
	mac.Write([]byte(id + "|" + expires))
	return hmac.Equal(given, mac.Sum(nil)) && seconds >= time.Now().Unix()
}
