// Package mediatype knows files by their first bytes. What a host calls a file, and
// what its URL ends with, may be wrong.
package mediatype

import (
	"bytes"
	"net/http"
	"strings"
)

// Sniff is the media type of a file that begins with head, of which 512 bytes are
// enough; application/octet-stream if nothing tells. It knows what net/http knows, and
// the formats of sound and film that net/http does not.
func Sniff(head []byte) string {
	if len(head) >= 12 && string(head[4:8]) == "ftyp" {
		switch brand := string(head[8:12]); {
		case brand == "avif" || brand == "avis":
			return "image/avif"
		case strings.HasPrefix(brand, "M4A") || strings.HasPrefix(brand, "M4B"):
			return "audio/mp4"
		case brand == "qt  ":
			return "video/quicktime"
		default:
			return "video/mp4"
		}
	}
	switch {
	case bytes.HasPrefix(head, []byte("fLaC")):
		return "audio/flac"
	case bytes.HasPrefix(head, []byte("OggS")):
		if bytes.Contains(head, []byte("theora")) {
			return "video/ogg"
		}
		return "audio/ogg"
	case len(head) >= 2 && head[0] == 0xFF && head[1]&0xF6 == 0xF0:
		return "audio/aac"
	case len(head) >= 2 && head[0] == 0xFF && head[1]&0xE6 == 0xE2:
		return "audio/mpeg"
	}
	found, _, _ := strings.Cut(http.DetectContentType(head), ";")
	return found
}
