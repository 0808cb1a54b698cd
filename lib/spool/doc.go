// Package spool is a bounded queue on disk in front of a node. Its segments are
// captures.
package spool
