package gallery

import (
	"os"
	"path/filepath"
	"testing"
)

const allTypes = `
batch {
  poll {
    first    = "20ms"
    interval = "20ms"
  }
}
task "typed" {
  model    = "seedream-4-5"
  for_each = toset(["gif", "jpg", "mp3", "mp4", "png", "wav", "webp"])
  input    = { mode = "text-to-image", prompt = "a harbour [sim:latency=0s][sim:type=${each.value}][sim:file=wrong-type]", aspect_ratio = "16:9", resolution = "2K" }
}
`

// A browser shows each type that results come in: pictures as images, which have a
// size then, films and sounds as players, which know how long they last then.
func TestTheBrowserShowsEveryType(t *testing.T) {
	ctx := startBrowser(t)
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "jobs.hcl"), []byte(allTypes), 0o666); err != nil {
		t.Fatal(err)
	}
	v := visit(t, ctx, reportOf(t, dir))
	for _, ext := range []string{"gif", "jpg", "png", "webp"} {
		v.sees(`[...document.querySelectorAll(".tile img")].some(i => i.src.endsWith("-0.` + ext + `") && i.naturalWidth > 300)`)
	}
	for ext, player := range map[string]string{"mp4": "video", "mp3": "audio", "wav": "audio"} {
		v.sees(`[...document.querySelectorAll(".tile ` + player + `")].some(p => {
			p.preload = "metadata";
			return p.src.endsWith("-0.` + ext + `") && p.duration > 1.9 && p.duration < 2.1;
		})`)
	}
}
