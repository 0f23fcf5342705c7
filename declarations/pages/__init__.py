"""What every page of ours is made of, whoever writes it: elements, the whole page with its policy, words."""
