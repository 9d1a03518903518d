//go:build unix

package runner

// syncDir makes the names in a directory durable.
func (o *output) syncDir(name string) error {
	dir, err := o.root.Open(name)
	if err != nil {
		return err
	}
	defer dir.Close()
	return dir.Sync()
}
