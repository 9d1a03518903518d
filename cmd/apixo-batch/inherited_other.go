//go:build !linux

package main

func inherited(int) bool { return true }
