package spec

// Axes names the axes of a task's matrix, in the order of the file, which is that of
// the parts of its keys; nil for a task without a matrix, and for one that is not
// declared. They are known as soon as the blocks are, whatever is wrong with values.
func (s *Spec) Axes(name string) []string {
	b := s.config.taskByName[name]
	if b == nil {
		return nil
	}
	var names []string
	for _, block := range b.content.Blocks.OfType("matrix") {
		attributes, _, _ := matrixBody(block.Body) // what is wrong with it, Load tells
		for _, attribute := range inOrder(attributes) {
			names = append(names, attribute.Name)
		}
	}
	return names
}
