//go:build !linux

package main

// unmapStart is for Linux alone.
func unmapStart() {}
