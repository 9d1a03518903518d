package spec

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"unicode/utf8"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
)

const (
	// maxFileBytes bounds a configuration file.
	maxFileBytes = 16 << 20
	// maxFiles bounds the files of a configuration.
	maxFiles = 10_000
)

// configFiles lists the configuration's files: the file itself, or those of a
// directory in the order of their names.
func configFiles(path string) (dir string, files []string, diags hcl.Diagnostics) {
	const summary = "Cannot read the configuration"
	if path == stdinPath {
		return ".", []string{stdinPath}, nil
	}
	info, err := stat(path)
	switch {
	case err != nil:
		return "", nil, hcl.Diagnostics{fileError(summary, "%v. Pass a .hcl file or a directory that holds some.", err)}
	case isStream(path, info):
		return "", nil, hcl.Diagnostics{fileError(summary, "%s is not a regular file, so it has no directory of its own. To read what a program writes, pipe it in and pass - in place of the path: program | apixo-batch plan -state=jobs.state.json -", path)}
	case !info.IsDir():
		return filepath.Dir(path), []string{path}, nil
	}
	entries, err := os.ReadDir(path)
	if err != nil {
		return "", nil, hcl.Diagnostics{fileError(summary, "%v.", err)}
	}
	for _, entry := range entries { // sorted by name
		if !entry.IsDir() && isConfigFile(entry.Name()) {
			files = append(files, filepath.Join(path, entry.Name()))
		}
	}
	switch {
	case len(files) == 0:
		diags = append(diags, fileError("No configuration", "The directory %q holds no .hcl file. Pass another path, or a file.", path))
	case len(files) > maxFiles:
		diags = append(diags, fileError("Too many files", "The directory %q holds %d .hcl files; at most %d are read.", path, len(files), maxFiles))
	}
	return path, files, diags
}

// isConfigFile reports whether a file of a directory is part of its
// configuration, by its name.
func isConfigFile(name string) bool {
	plain := strings.TrimSuffix(name, ".json")
	return strings.HasSuffix(plain, ".hcl") && !strings.HasSuffix(plain, ".vars.hcl") && !strings.HasPrefix(name, ".")
}

// isStream reports whether a path stands for a pipe, a device or an open file.
// The results and the state would have to lie beside that.
func isStream(path string, info fs.FileInfo) bool {
	if info.IsDir() {
		return false
	}
	full, err := filepath.Abs(path)
	full = filepath.ToSlash(full)
	return !info.Mode().IsRegular() || err == nil && (strings.HasPrefix(full, "/dev/") || strings.HasPrefix(full, "/proc/"))
}

const (
	// stdinPath is the path of the standard input.
	stdinPath = "-"
	// stdinName is what it is called in messages.
	stdinName = "<stdin>"
)

// parseFile reads and parses one file, and notes its digest and its source.
func (c *configuration) parseFile(path string) (*hcl.File, hcl.Diagnostics) {
	const summary = "Cannot read the configuration"
	raw, err := c.readSource(path)
	if err != nil {
		return nil, hcl.Diagnostics{fileError(summary, "%v.", err)}
	}
	sum := sha256.Sum256(raw)
	c.digests[c.relative(path)] = hex.EncodeToString(sum[:])
	if path == stdinPath {
		path = stdinName
	}
	text, err := plainText(raw)
	if err != nil {
		return nil, hcl.Diagnostics{fileError(summary, "%s: %v.", path, err)}
	}
	c.sources[path] = &hcl.File{Bytes: text}
	file, diags := parseText(text, path)
	if file == nil {
		return nil, diags
	}
	c.sources[path] = file
	body, native := file.Body.(*hclsyntax.Body)
	switch {
	case native:
		diags = append(diags, repeatedKeys(body)...)
	case diags.HasErrors():
		return nil, diags // what is left of broken JSON would be misread
	}
	return file, diags
}

// parseText parses native syntax, or JSON if the name or, on standard input,
// the first character says so.
func parseText(text []byte, name string) (*hcl.File, hcl.Diagnostics) {
	if strings.HasSuffix(name, ".json") || name == stdinName && looksLikeJSON(text) {
		return parseJSON(text, name)
	}
	return parseNative(text, name)
}

// parseNative parses native syntax that is within the bounds; nil if it is not.
func parseNative(text []byte, name string) (*hcl.File, hcl.Diagnostics) {
	if diags := checkNesting(text, name); diags.HasErrors() {
		return nil, diags
	}
	if diags := checkDigits(text, name, hcl.InitialPos, hclsyntax.LexConfig); diags.HasErrors() {
		return nil, diags
	}
	file, diags := hclsyntax.ParseConfig(text, name, hcl.InitialPos)
	if body, ok := file.Body.(*hclsyntax.Body); ok {
		diags = append(diags, bound(body)...)
	}
	return file, diags
}

// CheckSyntax reports what keeps a file in native syntax from being parsed: its
// encoding, its syntax, or what goes beyond the bounds of nesting and numbers.
func CheckSyntax(text []byte, name string) hcl.Diagnostics {
	if _, err := plainText(text); err != nil {
		return hcl.Diagnostics{fileError("Cannot read the configuration", "%s: %v.", name, err)}
	}
	_, diags := parseNative(text, name)
	return diags
}

// readSource reads a file, or the standard input.
func (c *configuration) readSource(path string) ([]byte, error) {
	if path == stdinPath {
		return readAll(c.stdin, "the configuration on standard input")
	}
	return readBounded(path)
}

// relative is the path as seen from the configuration's directory, if it is
// inside, with slashes.
func (c *configuration) relative(path string) string {
	if rel, err := filepath.Rel(c.dir, path); err == nil && filepath.IsLocal(rel) {
		return filepath.ToSlash(rel)
	}
	return filepath.ToSlash(path)
}

// stat is os.Stat with plainer words for the usual error.
func stat(path string) (fs.FileInfo, error) {
	info, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%s does not exist", path)
	}
	return info, err
}

func readBounded(path string) ([]byte, error) {
	info, err := stat(path)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() { // opening a FIFO would wait for ever
		return nil, fmt.Errorf("%s is not a regular file", path)
	}
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	return readAll(file, path)
}

func readAll(r io.Reader, name string) ([]byte, error) {
	raw, err := io.ReadAll(io.LimitReader(r, maxFileBytes+1))
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", name, err)
	}
	if len(raw) > maxFileBytes {
		return nil, fmt.Errorf("%s is larger than %d MiB; keep data in CSV or JSON files and read them with file()", name, maxFileBytes>>20)
	}
	return raw, nil
}

// plainText checks the encoding, and removes a byte order mark and the CR of
// line ends, so that a prompt is the same text on every system.
func plainText(raw []byte) ([]byte, error) {
	if bytes.HasPrefix(raw, []byte{0xFF, 0xFE}) || bytes.HasPrefix(raw, []byte{0xFE, 0xFF}) {
		return nil, errors.New("it is encoded in UTF-16; save it as UTF-8")
	}
	text := bytes.TrimPrefix(raw, []byte{0xEF, 0xBB, 0xBF})
	if at := bytes.IndexByte(text, 0); at >= 0 {
		return nil, fmt.Errorf("it holds a NUL byte in line %d; save it as text in UTF-8", lineAt(text, at))
	}
	if at := invalidAt(text); at >= 0 {
		return nil, fmt.Errorf("it is not valid UTF-8 in line %d (byte 0x%02X); save it as UTF-8", lineAt(text, at), text[at])
	}
	return bytes.ReplaceAll(text, []byte("\r\n"), []byte("\n")), nil
}

// invalidAt is where UTF-8 ends, -1 if nowhere.
func invalidAt(text []byte) int {
	if utf8.Valid(text) {
		return -1
	}
	at := 0
	for {
		r, size := utf8.DecodeRune(text[at:])
		if r == utf8.RuneError && size == 1 {
			return at
		}
		at += size
	}
}

func lineAt(text []byte, at int) int { return bytes.Count(text[:at], []byte("\n")) + 1 }
