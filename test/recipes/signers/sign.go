// Signs links: reads a line of JSON for each, and writes its URL.
package main

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"net/url"
	"os"
	"sort"
	"strings"
)

// [signer]
func sign(secret, base, id string, expires int64, terms [][2]string) string {
	subject, pairs := id, []string{}
	for _, term := range terms {
		pairs = append(pairs, term[0]+"."+term[1])
		if term[0] == "id" || term[0] == "pre" || term[0] == "in" {
			subject = "*"
		}
	}
	sort.Strings(pairs)
	text, query := fmt.Sprintf("%s|%d", subject, expires), fmt.Sprintf("expires=%d", expires)
	if t := strings.Join(pairs, "."); t != "" {
		text, query = text+"|"+t, query+"&terms="+url.QueryEscape(t)
	}
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte(text))
	return fmt.Sprintf("%s/%s?%s&sig=%x", base, url.PathEscape(id), query, mac.Sum(nil))
}

// [/signer]

func main() {
	lines := json.NewDecoder(os.Stdin)
	for lines.More() {
		var given struct {
			Secret, BaseURL, ID string
			Expires             int64
			Terms               [][2]string
		}
		if err := lines.Decode(&given); err != nil {
			panic(err)
		}
		fmt.Println(sign(given.Secret, given.BaseURL, given.ID, given.Expires, given.Terms))
	}
}
