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
	"slices"
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
	if path == "-" {
		return "", nil, hcl.Diagnostics{fileError("Standard input is not supported yet", `Write the configuration to a file and pass its name.`)}
	}
	info, err := stat(path)
	if err != nil {
		return "", nil, hcl.Diagnostics{fileError("Cannot read the configuration", "%v. Pass a .hcl file or a directory that holds some.", err)}
	}
	if !info.IsDir() {
		if strings.HasSuffix(path, ".json") {
			return "", nil, hcl.Diagnostics{jsonNotSupported(path)}
		}
		return filepath.Dir(path), []string{path}, nil
	}
	entries, err := os.ReadDir(path)
	if err != nil {
		return "", nil, hcl.Diagnostics{fileError("Cannot read the configuration", "%v.", err)}
	}
	for _, entry := range entries {
		name := entry.Name()
		switch {
		case strings.HasPrefix(name, "."), entry.IsDir(), strings.HasSuffix(name, ".vars.hcl"):
		case strings.HasSuffix(name, ".hcl.json"):
			diags = append(diags, jsonNotSupported(filepath.Join(path, name)))
		case strings.HasSuffix(name, ".hcl"):
			files = append(files, filepath.Join(path, name))
		}
	}
	switch {
	case len(files) == 0:
		diags = append(diags, fileError("No configuration", "The directory %q holds no .hcl file. Pass another path, or a file.", path))
	case len(files) > maxFiles:
		diags = append(diags, fileError("Too many files", "The directory %q holds %d .hcl files; at most %d are read.", path, len(files), maxFiles))
	}
	slices.Sort(files)
	return path, files, diags
}

func jsonNotSupported(path string) *hcl.Diagnostic {
	return fileError("JSON syntax is not supported yet", "%s cannot be read. Write it in HCL, or generate the data as plain JSON and read it with jsondecode(file(...)).", path)
}

// parseFile reads and parses one file, and notes its digest and its source.
func (c *configuration) parseFile(path string) (*hcl.File, hcl.Diagnostics) {
	raw, err := readBounded(path)
	if err != nil {
		return nil, hcl.Diagnostics{fileError("Cannot read the configuration", "%v.", err)}
	}
	sum := sha256.Sum256(raw)
	c.digests[c.relative(path)] = hex.EncodeToString(sum[:])
	text, err := plainText(raw)
	if err != nil {
		return nil, hcl.Diagnostics{fileError("Cannot read the configuration", "%s: %v.", path, err)}
	}
	if diags := checkNesting(text, path); diags.HasErrors() {
		c.sources[path] = &hcl.File{Bytes: text}
		return nil, diags
	}
	file, diags := hclsyntax.ParseConfig(text, path, hcl.InitialPos)
	if file != nil {
		c.sources[path] = file
	}
	return file, diags
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
	raw, err := io.ReadAll(io.LimitReader(file, maxFileBytes+1))
	if err != nil {
		return nil, err
	}
	if len(raw) > maxFileBytes {
		return nil, fmt.Errorf("%s is larger than %d MiB; keep data in CSV or JSON files and read them with file()", path, maxFileBytes>>20)
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
		return nil, fmt.Errorf("it holds a NUL byte in line %d; only text in UTF-8 is read", lineAt(text, at))
	}
	for at := 0; at < len(text); {
		r, size := utf8.DecodeRune(text[at:])
		if r == utf8.RuneError && size == 1 {
			return nil, fmt.Errorf("it is not valid UTF-8 in line %d (byte 0x%02X); save it as UTF-8", lineAt(text, at), text[at])
		}
		at += size
	}
	return bytes.ReplaceAll(text, []byte("\r\n"), []byte("\n")), nil
}

func lineAt(text []byte, at int) int { return bytes.Count(text[:at], []byte("\n")) + 1 }
