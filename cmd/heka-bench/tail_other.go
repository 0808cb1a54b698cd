//go:build !linux

package main

import "errors"

func benchTail(string, int, string, int, int) error {
	return errors.New("--tail asks the kernel of Linux for what it measures")
}

func benchLua(string, int, string, int) error {
	return errors.New("--lua asks the kernel of Linux for what it measures")
}

func benchHekad(string, int, string, int, int) error {
	return errors.New("--hekad asks the kernel of Linux for what it measures")
}
