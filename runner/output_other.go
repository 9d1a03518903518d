//go:build !unix

package runner

// syncDir does nothing: directories cannot be synced here.
func (o *output) syncDir(string) error { return nil }
