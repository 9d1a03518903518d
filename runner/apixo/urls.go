package apixo

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
)

const (
	maxURLs   = 1000
	maxURLLen = 8 << 10
)

// resultURLs finds the files of a result: "resultUrls", a list or one text; in
// results without, the tracks that suno gives as objects (API document,
// section 4).
func resultURLs(raw json.RawMessage) []string {
	var result any
	if json.Unmarshal(raw, &result) != nil {
		return nil
	}
	if fields, ok := result.(map[string]any); ok {
		if urls := urlList(fields["resultUrls"]); len(urls) > 0 {
			return urls
		}
	}
	return audioURLs(nil, result)
}

func urlList(value any) []string {
	entries, ok := value.([]any)
	if !ok {
		entries = []any{value}
	}
	var urls []string
	for _, entry := range entries {
		urls = appendURL(urls, entry)
	}
	return urls
}

// appendURL appends an entry if it is a text that can be a URL. Whether it is
// one that may be fetched is for the download to say.
func appendURL(urls []string, entry any) []string {
	text, ok := entry.(string)
	text = strings.TrimSpace(text)
	if !ok || text == "" || len(text) > maxURLLen || len(urls) >= maxURLs {
		return urls
	}
	return append(urls, text)
}

// audioURLs collects one file for each object that names a track, in the order
// of lists and of sorted keys.
func audioURLs(urls []string, value any) []string {
	switch value := value.(type) {
	case []any:
		for _, entry := range value {
			urls = audioURLs(urls, entry)
		}
	case map[string]any:
		for _, name := range [...]string{"source_audio_url", "download_url", "audio_url"} {
			if with := appendURL(urls, value[name]); len(with) > len(urls) {
				return with
			}
		}
		for _, name := range slices.Sorted(maps.Keys(value)) {
			urls = audioURLs(urls, value[name])
		}
	}
	return urls
}
