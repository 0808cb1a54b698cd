package sandbox

import (
	"math"

	lua "github.com/yuin/gopher-lua"
	"github.com/yuin/gopher-lua/ast"
)

// The compiler notes where each local variable begins and ends, for the texts of errors.
// It takes a register for the number of the note, so that the ends are wrong in functions
// where a block is left before another local variable begins. Here they are found again
// from the lines of the blocks.

// scope is a local variable, in the order in which the compiler notes them.
type scope struct {
	name  string
	last  int // line of its block
	depth int // how many stand before it
}

// maxTries is how many functions of the same lines are tried for one.
const maxTries = 8

// mendScopes puts the ends of local variables of p right, and of the functions in it.
// functions are all those of the chunk.
func mendScopes(p *lua.FunctionProto, functions []*ast.FunctionExpr) {
	byLines := map[[2]int][]*ast.FunctionExpr{}
	for _, f := range functions {
		at := [2]int{f.Line(), f.LastLine()}
		byLines[at] = append(byLines[at], f)
	}
	var walk func(p *lua.FunctionProto)
	walk = func(p *lua.FunctionProto) {
		at := [2]int{p.LineDefined, p.LastLineDefined}
		same := byLines[at]
		for i, f := range same[:min(len(same), maxTries)] {
			if mendEnds(p, f) {
				same[i] = same[0] // most come in the order in which they are compiled
				byLines[at] = same[1:]
				break
			}
		}
		for _, inner := range p.FunctionPrototypes {
			walk(inner)
		}
	}
	walk(p)
}

// mendEnds gives the local variables of p their ends; false if p is not f.
func mendEnds(p *lua.FunctionProto, f *ast.FunctionExpr) bool {
	scopes := scopesOf(f)
	first := len(p.DbgLocals) - len(scopes) // the parameters, and perhaps arg, stand before
	if n := len(f.ParList.Names); first != n && !(f.ParList.HasVargs && first == n+1) {
		return false
	}
	for i, s := range scopes {
		if p.DbgLocals[first+i].Name != s.name {
			return false
		}
	}
	for _, l := range p.DbgLocals {
		l.EndPc = len(p.Code)
	}
	notes := p.DbgLocals[first:]
	var there []*lua.DbgLocalInfo
	for i, s := range scopes { // whose place another takes is gone
		for _, gone := range there[s.depth:] {
			gone.EndPc = min(gone.EndPc, notes[i].StartPc)
		}
		there = append(there[:s.depth], notes[i])
	}
	for i, s := range scopes {
		pc, end := notes[i].StartPc, notes[i].EndPc
		for pc < end && p.DbgSourcePositions[pc] <= s.last {
			pc++
		}
		notes[i].EndPc = pc
	}
	return true
}

// scoping gathers the local variables of a function but its parameters.
type scoping struct {
	all   []scope
	depth int // how many are there
}

func scopesOf(f *ast.FunctionExpr) []scope {
	var w scoping
	w.block(f.Stmts, math.MaxInt)
	return w.all
}

// block adds those of a block that ends in line last, in which names stand already.
func (w *scoping) block(stmts []ast.Stmt, last int, names ...string) {
	was := w.depth
	w.names(names, last)
	for _, s := range stmts {
		switch s := s.(type) {
		case *ast.LocalAssignStmt:
			w.names(s.Names, last)
		case *ast.DoBlockStmt:
			w.block(s.Stmts, s.LastLine())
		case *ast.WhileStmt:
			w.block(s.Stmts, s.LastLine())
		case *ast.RepeatStmt:
			w.block(s.Stmts, s.LastLine())
		case *ast.IfStmt:
			w.block(s.Then, endOfThen(s))
			w.block(s.Else, s.LastLine())
		case *ast.NumberForStmt:
			w.block(s.Stmts, s.LastLine(), "(for index)", "(for limit)", "(for step)", s.Name)
		case *ast.GenericForStmt:
			names := append([]string{"(for generator)", "(for state)", "(for control)"}, s.Names...)
			w.block(s.Stmts, s.LastLine(), names...)
		}
	}
	w.depth = was
}

func (w *scoping) names(names []string, last int) {
	for _, name := range names {
		w.all = append(w.all, scope{name, last, w.depth})
		w.depth++
	}
}

// endOfThen returns the last line of what is done where the condition is true.
func endOfThen(s *ast.IfStmt) int {
	if len(s.Else) == 0 {
		return s.LastLine()
	}
	end := s.Else[0].Line() - 1
	if n := len(s.Then); n > 0 {
		end = max(end, s.Then[n-1].Line(), s.Then[n-1].LastLine())
	}
	return end
}
