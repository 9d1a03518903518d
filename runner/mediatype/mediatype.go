// Package mediatype knows files by their first bytes. What a host calls a file, and
// what its URL ends with, may be wrong.
package mediatype

import (
	"bytes"
	"encoding/binary"
	"net/http"
	"slices"
	"strings"
)

// enough is how many bytes of a file tell what it is.
const enough = 512

// Sniff is the media type of a file that begins with head, of which 512 bytes are
// enough; application/octet-stream if nothing tells. It knows what net/http knows, and
// the formats of pictures, sound and film that net/http does not. Sound in a container
// that mostly holds film is video/mp4, since its first bytes are the same.
func Sniff(head []byte) string {
	head = head[:min(len(head), enough)]
	if len(head) >= 12 && string(head[4:8]) == "ftyp" {
		return ofBrands(brands(head))
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

// brands are what a file of the ISO base media format (ISO/IEC 14496-12) says that it can
// be read as: first its major brand, then those that it is compatible with.
func brands(head []byte) []string {
	found := []string{string(head[8:12])}
	box := head[:min(uint64(len(head)), uint64(binary.BigEndian.Uint32(head)))]
	for at := 16; at+4 <= len(box); at += 4 {
		found = append(found, string(box[at:at+4]))
	}
	return found
}

// ofBrands is the media type of a file of such brands. A picture may have the brand of
// film too, and a general one in front.
func ofBrands(brands []string) string {
	has := func(some ...string) bool {
		return slices.ContainsFunc(brands, func(b string) bool { return slices.Contains(some, b) })
	}
	major := brands[0]
	switch {
	case has("avif", "avis"):
		return "image/avif"
	case has("heic", "heix", "heim", "heis", "hevc", "hevx"):
		return "image/heic"
	case major == "mif1" || major == "msf1":
		return "image/heif"
	case strings.HasPrefix(major, "M4A") || strings.HasPrefix(major, "M4B"):
		return "audio/mp4"
	case major == "qt  ":
		return "video/quicktime"
	case slices.ContainsFunc(brands, ofFilm):
		return "video/mp4"
	default:
		return "application/octet-stream"
	}
}

// ofFilm reports whether a brand is one that files of MPEG-4 have.
func ofFilm(brand string) bool {
	for _, lead := range []string{"iso", "mp4", "avc", "M4V", "dash", "cmf", "MSNV", "3g", "f4v"} {
		if strings.HasPrefix(brand, lead) {
			return true
		}
	}
	return false
}
