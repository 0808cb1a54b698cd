package sandbox

import (
	"fmt"

	"github.com/yuin/gopher-lua/ast"
)

// concatName is the local variable that holds the function of `..`. No script can
// name it.
const concatName = "(concat)"

// withConcat returns the chunk
//
//	local (concat) = ...
//	return function(...) chunk end
//
// in which each a .. b .. c of the chunk is a call of (concat). So the meter sees what
// is concatenated before it is, and numbers become text as in Lua 5.1.
//
// It returns all functions, too.
func withConcat(chunk []ast.Stmt, end int) ([]ast.Stmt, []*ast.FunctionExpr) {
	var r rewriter
	r.stmts(chunk)
	f := &ast.FunctionExpr{ParList: &ast.ParList{HasVargs: true}, Stmts: chunk}
	f.SetLine(0)
	f.SetLastLine(end)
	local := &ast.LocalAssignStmt{Names: []string{concatName}, Exprs: []ast.Expr{&ast.Comma3Expr{}}}
	return []ast.Stmt{local, &ast.ReturnStmt{Exprs: []ast.Expr{f}}}, append(r.functions, f)
}

// rewriter walks over a chunk. Its depth is bounded, and so is that of the compiler,
// which walks the same way after it.
type rewriter struct {
	depth     int
	functions []*ast.FunctionExpr
}

// maxDepth is how deep statements and expressions may nest.
const maxDepth = 20_000

// deeper counts a level; the caller counts it down again.
func (r *rewriter) deeper(line int) {
	if r.depth++; r.depth > maxDepth {
		panic(&Error{Text: fmt.Sprintf("%d: chunk has too many syntax levels", line)})
	}
}

func (r *rewriter) stmts(all []ast.Stmt) {
	for _, s := range all {
		r.stmt(s)
	}
}

func (r *rewriter) stmt(s ast.Stmt) {
	r.deeper(s.Line())
	defer func() { r.depth-- }()
	switch s := s.(type) {
	case *ast.AssignStmt:
		r.exprs(s.Lhs)
		r.exprs(s.Rhs)
	case *ast.LocalAssignStmt:
		r.exprs(s.Exprs)
	case *ast.FuncCallStmt:
		r.expr(&s.Expr)
	case *ast.DoBlockStmt:
		r.stmts(s.Stmts)
	case *ast.WhileStmt:
		r.expr(&s.Condition)
		r.stmts(s.Stmts)
	case *ast.RepeatStmt:
		r.expr(&s.Condition)
		r.stmts(s.Stmts)
	case *ast.IfStmt:
		r.expr(&s.Condition)
		r.stmts(s.Then)
		r.stmts(s.Else)
	case *ast.NumberForStmt:
		r.expr(&s.Init)
		r.expr(&s.Limit)
		r.expr(&s.Step)
		r.stmts(s.Stmts)
	case *ast.GenericForStmt:
		r.exprs(s.Exprs)
		r.stmts(s.Stmts)
	case *ast.FuncDefStmt:
		r.functions = append(r.functions, s.Func)
		r.stmts(s.Func.Stmts)
	case *ast.ReturnStmt:
		r.exprs(s.Exprs)
	}
}

func (r *rewriter) exprs(all []ast.Expr) {
	for i := range all {
		r.expr(&all[i])
	}
}

func (r *rewriter) expr(at *ast.Expr) {
	if *at == nil {
		return
	}
	r.deeper((*at).Line())
	defer func() { r.depth-- }()
	switch e := (*at).(type) {
	case *ast.AttrGetExpr:
		r.expr(&e.Object)
		r.expr(&e.Key)
	case *ast.TableExpr:
		for _, f := range e.Fields {
			r.expr(&f.Key)
			r.expr(&f.Value)
			if f.Key != nil { // the compiler takes a call in the last place for many values
				f.Value = single(f.Value)
			}
		}
	case *ast.FuncCallExpr:
		r.expr(&e.Func)
		r.expr(&e.Receiver)
		r.exprs(e.Args)
	case *ast.LogicalOpExpr:
		r.expr(&e.Lhs)
		r.expr(&e.Rhs)
	case *ast.RelationalOpExpr:
		r.expr(&e.Lhs)
		r.expr(&e.Rhs)
	case *ast.ArithmeticOpExpr:
		r.expr(&e.Lhs)
		r.expr(&e.Rhs)
	case *ast.UnaryMinusOpExpr:
		r.expr(&e.Expr)
	case *ast.UnaryNotOpExpr:
		r.expr(&e.Expr)
	case *ast.UnaryLenOpExpr:
		r.expr(&e.Expr)
	case *ast.FunctionExpr:
		r.functions = append(r.functions, e)
		r.stmts(e.Stmts)
	case *ast.StringConcatOpExpr:
		*at = r.concatCall(e)
	}
}

// maxOperands is how many operands one call concatenates: each takes a register.
const maxOperands = 50

// concatCall returns the call that does what e says: `..` binds to the right, so that
// a .. b .. c is one call of three operands.
func (r *rewriter) concatCall(e *ast.StringConcatOpExpr) ast.Expr {
	call := &ast.FuncCallExpr{Func: &ast.IdentExpr{Value: concatName}, AdjustRet: true}
	line := e.Line()
	call.Func.SetLine(line)
	call.SetLine(line)
	call.SetLastLine(e.LastLine())
	for {
		r.expr(&e.Lhs)
		call.Args = append(call.Args, single(e.Lhs))
		next, ok := e.Rhs.(*ast.StringConcatOpExpr)
		if !ok || len(call.Args) >= maxOperands {
			break
		}
		e = next
	}
	r.expr(&e.Rhs)
	call.Args = append(call.Args, single(e.Rhs))
	return call
}

// single returns e such that it stands for one value, where a list of arguments would
// take all.
func single(e ast.Expr) ast.Expr {
	switch e := e.(type) {
	case *ast.FuncCallExpr:
		e.AdjustRet = true
	case *ast.Comma3Expr:
		e.AdjustRet = true
	}
	return e
}
